import copy
import errno
import importlib
import os
import pickle
import shutil
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from msal_extensions_wasm import (
    CacheMerger,
    FilePersistence,
    FilePersistenceWithKey,
    KeyringPersistence,
    LockHolder,
    PersistedTokenCache,
    PersistenceError,
    TokenCacheStore,
    build_encrypted_persistence,
    owner,
    token_cache_store,
)

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX has modes and fork")


def test_nothing_is_stored_at_first(cache):
    assert TokenCacheStore(cache).load().content is None
    assert not os.path.exists(cache)


def test_commits_of_two_are_merged_three_ways(cache, document, secrets):
    one, other = TokenCacheStore(cache), TokenCacheStore(cache)
    base = one.commit(None, document(a=1, b=1)).content
    other.commit(other.load().content, document(a=1, b=1, c=1))
    merged = one.commit(base, document(a=2))
    assert secrets(merged.content) == {"a": "secret of 2", "c": "secret of 1"}
    assert (merged.added, merged.updated, merged.removed, merged.unchanged) == (0, 1, 1, False)
    assert other.load().content == merged.content


def test_a_file_that_has_not_changed_is_not_read_again(cache, document):
    store = TokenCacheStore(cache)
    stored = store.commit(None, document(a=1)).content
    os.utime(cache, (1_700_000_000.5, 1_700_000_000.5))  # too young a file is always read again
    assert (store.load().unchanged, store.load().unchanged) == (False, True)
    assert store.load().content == stored


@posix
def test_file_and_folder_are_private_whatever_the_umask(cache, document):
    before = os.umask(0)
    try:
        TokenCacheStore(cache).commit(None, document(a=1))
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(cache).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(cache)).st_mode) == 0o700
    assert os.listdir(os.path.dirname(cache)) == ["cache.json"]


def test_update_edits_what_is_stored(cache, document, secrets):
    store = TokenCacheStore(cache)
    assert store.update(lambda content: document(a=1) if content is None else b"{}").added == 1
    store.update(lambda content: content.replace(b"secret of 1", b"edited"))
    assert secrets(store.load().content) == {"a": "edited"}


def test_an_edit_that_raises_changes_nothing_and_lets_go_of_the_lock(cache, document):
    store = TokenCacheStore(cache)
    stored = store.commit(None, document(a=1)).content
    with pytest.raises(PersistenceError) as caught:
        store.update(lambda _content: 1 / 0)
    assert caught.value.code == "callback_failed"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert store.load().content == stored
    assert os.listdir(os.path.dirname(cache)) == ["cache.json"]


@pytest.mark.parametrize("answer", [None, "{}", 5])
def test_an_edit_that_returns_no_bytes_changes_nothing(cache, document, answer):
    store = TokenCacheStore(cache)
    stored = store.commit(None, document(a=1)).content
    with pytest.raises(PersistenceError) as caught:
        store.update(lambda _content: answer)
    assert caught.value.code == "callback_failed"
    assert isinstance(caught.value.__cause__, TypeError)
    assert store.load().content == stored
    assert os.listdir(os.path.dirname(cache)) == ["cache.json"]
    assert store.update(lambda _content: bytearray(document(b=1))).added == 1


def test_an_edit_cannot_use_its_own_store_and_goes_on(cache, document):
    store = TokenCacheStore(cache)

    def edit(_content):
        with pytest.raises(PersistenceError) as caught:
            store.load()
        assert caught.value.code == "bad_state"
        return document(a=1)

    assert store.update(edit).added == 1


def test_the_lock_is_renewed_while_an_edit_takes_its_time(cache, document):
    lease = f"{cache}.lockfile.lock"

    def edit(_content):
        taken = os.stat(lease).st_mtime_ns
        while os.stat(lease).st_mtime_ns == taken:
            time.sleep(0.01)
        return document(a=1)

    assert TokenCacheStore(cache).update(edit).added == 1


def test_where_no_thread_can_be_started_the_lock_is_not_renewed(cache, document):
    threading.stack_size(1 << 46)  # more than there is
    try:
        assert TokenCacheStore(cache).update(lambda _content: document(a=1)).added == 1
    finally:
        threading.stack_size(0)


AT_EXIT = """
import atexit, sys
from msal_extensions_wasm import FilePersistenceWithKey, TokenCacheStore
store = TokenCacheStore(FilePersistenceWithKey(sys.argv[1], b"7" * 32))
atexit.register(lambda: print(store.commit(None, b'{"AccessToken": {"a": {}}}').added))
"""


def test_a_process_that_is_ending_still_commits(cache):
    ended = subprocess.run([sys.executable, "-c", AT_EXIT, cache], capture_output=True, text=True)
    assert (ended.stdout, ended.stderr) == ("1\n", "")


def test_clear(cache, document):
    store = TokenCacheStore(cache)
    store.commit(None, document(a=1))
    assert (store.clear(), store.clear()) == (True, False)
    assert store.load().content is None


def test_a_folder_that_was_removed_is_made_again(cache, document, secrets):
    store = TokenCacheStore(cache)
    store.commit(None, document(a=1))
    shutil.rmtree(os.path.dirname(cache))
    assert store.load().content is None
    shutil.rmtree(os.path.dirname(cache))
    TokenCacheStore(cache).commit(None, document(b=1))
    assert set(secrets(store.commit(None, document(c=1)).content)) == {"b", "c"}


def test_inspection_has_no_secrets(cache, document):
    store = TokenCacheStore(cache)
    store.commit(None, document(a=1, b=2))
    assert store.inspect()["entities"]["AccessToken"] == 2
    assert "secret" not in str(store.inspect())


def test_what_can_be_stored_can_be_inspected(cache, document):
    store = TokenCacheStore(cache, max_bytes=128 << 20)
    store.commit(None, document(a=1)[:-1] + b',"foreign":"' + b"x" * (65 << 20) + b'"}')
    assert store.inspect()["entities"]["AccessToken"] == 1


def test_a_torn_file_is_salvaged_and_kept(cache, document, secrets):
    whole = document(a=1, b=2)
    os.makedirs(os.path.dirname(cache))
    with open(cache, "wb") as file:
        file.write(whole[:-20])
    loaded = TokenCacheStore(cache).load()
    assert (loaded.salvaged, loaded.set_aside, secrets(loaded.content)) == (True, True, {"a": "secret of 1"})
    kept = [name for name in os.listdir(os.path.dirname(cache)) if name != "cache.json"]
    assert [open(os.path.join(os.path.dirname(cache), name), "rb").read() for name in kept] == [whole[:-20]]


def test_what_is_no_json_is_refused_with_its_place(cache):
    with pytest.raises(PersistenceError) as caught:
        TokenCacheStore(cache).commit(None, b'{"a":')
    assert (caught.value.code, caught.value.document, caught.value.offset) == ("json_unexpected_end", "ours", 5)


def test_a_document_over_the_limit_is_refused(cache, document):
    with pytest.raises(PersistenceError) as caught:
        TokenCacheStore(cache, max_bytes=1000).commit(None, document(**{f"k{n}": n for n in range(100)}))
    assert caught.value.code == "document_too_large"


def test_a_folder_that_cannot_be_is_a_typed_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PersistenceError) as caught:
        TokenCacheStore(tmp_path / "file" / "cache.json").load()
    assert caught.value.code == "not_a_file"


def test_a_lock_that_is_held_is_a_timeout_that_names_its_holder(cache, document):
    holder, waiter = TokenCacheStore(cache), TokenCacheStore(cache, lock_timeout=0)

    def edit(content):
        with pytest.raises(PersistenceError) as caught:
            waiter.commit(None, document(b=1))
        assert caught.value.code == "lock_timeout"
        assert isinstance(caught.value.holder, LockHolder) and caught.value.holder.pid == os.getpid()
        assert f"process {os.getpid()}" in str(caught.value)
        return document(a=1)

    assert holder.update(edit).added == 1


def test_the_lock_is_waited_for_as_long_as_the_caller_says(cache, document):
    holder, waiter = TokenCacheStore(cache), TokenCacheStore(cache, lock_timeout=0.7)

    def edit(_content):
        started = time.monotonic()
        assert code_of(lambda: waiter.commit(None, document(b=1))) == "lock_timeout"
        assert 0.7 <= time.monotonic() - started < 5
        return document(a=1)

    assert holder.update(edit).added == 1


def test_what_is_wrong_with_the_lock_file_names_it(cache, document):
    os.makedirs(f"{cache}.lockfile")
    with pytest.raises(PersistenceError) as caught:
        TokenCacheStore(cache).commit(None, document(a=1))
    assert (caught.value.code, caught.value.location) == ("not_a_file", f"{cache}.lockfile")
    assert f" {cache}.lockfile" in str(caught.value)


@pytest.mark.parametrize("holder", ["zombie", "no process"])
@posix
def test_the_lock_of_a_process_that_has_ended_is_taken_over(cache, document, holder):
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    os.makedirs(os.path.dirname(cache))
    with open(f"{cache}.lockfile", "w") as file:
        file.write(f"{child.pid if holder == 'zombie' else 2**32 - 1} python")
    assert TokenCacheStore(cache).commit(None, document(a=1)).added == 1
    assert os.listdir(os.path.dirname(cache)) == ["cache.json"]
    child.wait()


def test_threads_share_a_store(cache, document, secrets):
    store = TokenCacheStore(cache)
    workers = [
        threading.Thread(target=lambda n=n: [store.commit(None, document(**{f"k{n}{i}": 1})) for i in range(5)])
        for n in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(secrets(store.load().content)) == 20


def test_threads_with_a_store_each_take_turns(cache, document, secrets):
    def commit(n):
        return TokenCacheStore(cache, lock_timeout=100).commit(None, document(**{f"k{n}": 1}))  # 200 syncs may take 10 s

    with ThreadPoolExecutor(200) as threads:
        commits = [threads.submit(commit, n) for n in range(200)]
    assert [commit.exception() for commit in commits] == [None] * 200
    assert len(secrets(TokenCacheStore(cache).load().content)) == 200


def test_a_thread_waits_for_the_edit_of_another_as_long_as_the_caller_says(cache, document, secrets):
    store = TokenCacheStore(cache, lock_timeout=0.1)
    codes = []

    def edit(_content):
        waiting = threading.Thread(target=lambda: codes.append(code_of(store.load)), daemon=True)
        waiting.start()
        waiting.join(10)
        return document(a=1)

    assert store.update(edit).added == 1
    assert codes == ["lock_timeout"]
    assert secrets(store.load().content) == {"a": "secret of 1"}


FORKED = """
import os, sys
from msal_extensions_wasm import PersistenceError, TokenCacheStore
store = TokenCacheStore(sys.argv[1])
store.load()
if os.fork() == 0:
    for one in (store, TokenCacheStore(sys.argv[1])):
        try:
            one.load()
            os._exit(1)
        except PersistenceError as error:
            if error.code != "not_supported":
                os._exit(2)
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@posix
def test_a_forked_process_is_told_that_the_engine_does_not_work_there(cache):
    assert subprocess.run([sys.executable, "-c", FORKED, cache]).returncode == 0


FORKED_WITHIN = """
import os, signal, sys, threading
from msal_extensions_wasm import FilePersistence, PersistedTokenCache, PersistenceError, TokenCacheStore
store = TokenCacheStore(sys.argv[1])
cache = PersistedTokenCache(FilePersistence(sys.argv[1]))
cache.search("Account")
cache._merged(None, b"{}", b"{}")
started, forked = threading.Event(), threading.Event()
def work(content):
    with cache._lock:
        started.set()
        forked.wait()
    return b"{}"
thread = threading.Thread(target=store.update, args=(work,))
thread.start()
started.wait()
if os.fork() == 0:
    signal.alarm(5)
    for use in (store.load, lambda: cache.search("Account")):
        try:
            use()
            os._exit(1)
        except PersistenceError as error:
            if error.code != "not_supported":
                os._exit(2)
    os._exit(0)
forked.set()
thread.join()
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@posix
def test_so_is_one_that_was_forked_while_a_thread_was_using_the_cache(cache):
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED_WITHIN, cache]).returncode == 0


FORKED_UNDER_THE_LOCK = """
import os, signal, sys
from msal_extensions_wasm import PersistenceError, TokenCacheStore
store = TokenCacheStore(sys.argv[1])
parent = os.getpid()
def edit(content):
    if os.fork() == 0:
        signal.alarm(5)
        if sys.argv[2] == "ends":
            sys.exit(3)
        return b'{"AccessToken": {"of the child": {}}}'
    ended = os.waitstatus_to_exitcode(os.wait()[1])
    assert ended == 3 and os.path.exists(sys.argv[1] + ".lockfile"), ended
    return b'{"AccessToken": {"of the parent": {}}}'
try:
    store.update(edit)
except PersistenceError as error:
    os._exit(3 if error.code == "not_supported" and os.getpid() != parent else 1)
assert b"of the parent" in store.load().content
"""


@posix
@pytest.mark.parametrize("child", ["ends", "returns"])
def test_what_is_forked_under_the_lock_leaves_it_to_its_parent(cache, child):
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED_UNDER_THE_LOCK, cache, child]).returncode == 0


@pytest.mark.parametrize("again", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy])
def test_an_error_arrives_whole_in_another_process(cache, again):
    """Pools of processes pickle it. What cannot be read there breaks the pool, or leaves it waiting."""
    os.makedirs(os.path.dirname(cache))
    with open(f"{cache}.lockfile", "w") as file:
        file.write(f"{os.getpid()} somebody")
    for call in (lambda: TokenCacheStore(cache, lock_timeout=0).clear(), lambda: CacheMerger().merge(None, b'{"a":!}', None)):
        with pytest.raises(PersistenceError) as caught:
            call()
        arrived = again(caught.value)
        assert (type(arrived), str(arrived), vars(arrived)) == (PersistenceError, str(caught.value), vars(caught.value))


@pytest.mark.skipif(shutil.which("faketime") is None and os.environ.get("CI") != "true", reason="needs faketime")
def test_a_clock_before_1970_is_a_typed_error(cache):
    program = "import sys; from msal_extensions_wasm import TokenCacheStore; TokenCacheStore(sys.argv[1]).load()"
    ended = subprocess.run(["faketime", "1969-12-01 00:00:00", sys.executable, "-c", program, cache], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].endswith("The system's clock is before 1970, which the engine does not survive. Set it.")


@pytest.mark.parametrize(
    "limits",
    [{"lock_timeout": -1}, {"lock_timeout": float("nan")}, {"lock_timeout": "5"}, {"max_bytes": -1}, {"max_bytes": None}],
)
def test_limits_are_numbers_that_are_not_negative(cache, limits):
    assert code_of(lambda: TokenCacheStore(cache, **limits)) == "bad_argument"


def test_the_longest_limits_are_some_that_the_core_knows(cache, document):
    store = TokenCacheStore(cache, lock_timeout=float("inf"), max_bytes=1 << 40)
    assert store.commit(None, document(a=1)).added == 1


def test_what_is_no_document_removes_nothing(cache, document):
    store, merger = TokenCacheStore(cache), CacheMerger()
    stored = store.commit(None, document(a=1)).content
    for content in (None, stored.decode(), 5):
        assert code_of(lambda content=content: store.commit(stored, content)) == "bad_argument"
        assert code_of(lambda content=content: merger.merge(stored, content, stored)) == "bad_argument"
        assert code_of(lambda content=content: merger.salvage(content)) == "bad_argument"
    assert code_of(lambda: store.commit("{}", stored)) == "bad_argument"
    assert store.load().content == stored
    assert store.commit(bytearray(stored), memoryview(document(b=1))).removed == 1


@posix
@pytest.mark.parametrize("target", ["target.json", "below/target.json", "/target.json", "../elsewhere/target.json", "../folder/target.json"])
def test_a_relative_link_is_followed_within_the_folder(cache, document, secrets, target):
    folder = os.path.dirname(cache)
    os.makedirs(folder)
    os.symlink(folder + target if os.path.isabs(target) else target, cache)
    store = TokenCacheStore(cache)
    if target.startswith(("/", "..")):
        assert code_of(store.load) == code_of(lambda: store.commit(None, document(a=1))) == "permission_denied"
    else:
        store.commit(None, document(a=1))
        assert set(secrets(store.load().content)) == set(secrets(open(os.path.join(folder, target)).read())) == {"a"}
    assert os.path.islink(cache)


@posix
@pytest.mark.parametrize("home", ["", None])
def test_a_location_below_the_home_of_a_user_who_has_none_is_refused(monkeypatch, home):
    def unknown(uid):
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", unknown)
    monkeypatch.delenv("HOME") if home is None else monkeypatch.setenv("HOME", home)
    for location in ("~", "~/cache.json"):
        with pytest.raises(PersistenceError, match="set HOME") as caught:
            TokenCacheStore(location)
        assert (caught.value.code, caught.value.location) == ("invalid_location", location)
    assert TokenCacheStore("~nobody-known/cache.json").location == os.path.abspath("~nobody-known/cache.json")


NO_LOCATIONS = [None, 5, True, b"cache", ["cache"], "", "a\0b", "a\0b/cache", "\udcff", "\udcff/cache", "\ud800"]


@pytest.mark.parametrize("location", NO_LOCATIONS)
def test_what_is_no_location_is_refused_before_it_is_used(location):
    assert code_of(lambda: TokenCacheStore(location)) == "invalid_location"
    assert code_of(lambda: FilePersistence(location)) == "invalid_location"
    assert code_of(lambda: FilePersistenceWithKey(location, b"7" * 32)) == "invalid_location"
    assert code_of(lambda: KeyringPersistence(location)) == "invalid_location"
    assert code_of(lambda: build_encrypted_persistence(location)) == "invalid_location"


@posix
@pytest.mark.parametrize("folder", ["a" * 300, "a/" * 3000])
def test_a_location_that_is_too_long_is_refused_and_none_of_its_folders_made(tmp_path, folder):
    assert code_of(TokenCacheStore(tmp_path / folder / "cache").load) == "invalid_location"
    assert os.listdir(tmp_path) == []


@posix
def test_a_relative_location_where_the_current_folder_was_removed_is_refused(tmp_path, monkeypatch):
    (tmp_path / "removed").mkdir()
    monkeypatch.chdir(tmp_path / "removed")
    (tmp_path / "removed").rmdir()
    assert code_of(lambda: TokenCacheStore("cache")) == "invalid_location"


@posix
@pytest.mark.parametrize("is_relative", [False, True])
def test_a_location_leads_out_of_what_a_link_leads_to(tmp_path, monkeypatch, document, is_relative):
    (tmp_path / "releases" / "42").mkdir(parents=True)
    (tmp_path / "current").symlink_to("releases/42")
    monkeypatch.chdir(tmp_path)
    above = "" if is_relative else f"{tmp_path}/"
    TokenCacheStore(f"{above}current/../shared/cache.json").commit(None, document(a=1))
    assert os.listdir(tmp_path / "releases" / "shared") == ["cache.json"]


class Custom:
    def __init__(self, location, cipher=None, is_encrypted=False):
        self.get_location = lambda: location
        self.cipher = cipher
        self.is_encrypted = is_encrypted


def test_a_persistence_of_the_callers_own_may_have_a_relative_location(tmp_path, monkeypatch, document):
    monkeypatch.chdir(tmp_path)
    assert TokenCacheStore(Custom("cache.json")).commit(None, document(a=1)).added == 1
    assert code_of(lambda: TokenCacheStore(Custom(None))) == "invalid_location"


def test_what_says_that_it_is_encrypted_and_has_no_cipher_is_not_stored_in_plain_text(cache):
    assert code_of(lambda: TokenCacheStore(Custom(cache, is_encrypted=True))) == "bad_argument"


@pytest.mark.parametrize("persistence", [None, 5, "cache", b"cache", object()])
def test_msal_is_given_no_cache_that_is_no_persistence(persistence):
    assert code_of(lambda: PersistedTokenCache(persistence)) == "bad_argument"


@pytest.mark.parametrize("service", [None, 5, "", "a\0b"])
def test_a_service_without_a_name_is_refused(cache, service):
    assert code_of(lambda: KeyringPersistence(cache, service)) == "bad_argument"


def test_what_is_no_function_and_no_time_is_refused(cache):
    assert code_of(lambda: TokenCacheStore(cache).update(None)) == "bad_argument"
    assert not os.path.exists(os.path.dirname(cache))
    for now in ("now", [], 10**400):
        assert code_of(lambda now=now: CacheMerger().inspect(b"{}", now)) == "bad_argument"


@pytest.mark.parametrize("number, code", [(errno.EROFS, "read_only"), (errno.ENOSPC, "disk_full"), (errno.EACCES, "permission_denied")])
def test_why_a_folder_cannot_be_made(cache, monkeypatch, number, code):
    def refuse(*_arguments, **_options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "makedirs", refuse)
    assert code_of(TokenCacheStore(cache).load) == code


WITHOUT = """
import os, resource, sys
from msal_extensions_wasm import PersistenceError, TokenCacheStore
TokenCacheStore(sys.argv[1]).load()
limit, value = int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))
try:
    TokenCacheStore(sys.argv[1]).load()
except PersistenceError as error:
    print(error.code)
"""


@posix
@pytest.mark.parametrize("resource, value, code", [("RLIMIT_NOFILE", 3, "too_many_open_files"), ("RLIMIT_AS", 1 << 30, "out_of_memory")])
def test_what_the_engine_lacks_is_a_typed_error(cache, resource, value, code):
    limit = str(getattr(importlib.import_module("resource"), resource))
    assert subprocess.check_output([sys.executable, "-c", WITHOUT, cache, limit, str(value)]) == f"{code}\n".encode()


LITTLE_MEMORY = """
import resource, sys
from msal_extensions_wasm import CacheMerger, PersistenceError, TokenCacheStore
store, merger = TokenCacheStore(sys.argv[1]), CacheMerger()
store.load()
merger.salvage(b"{}")
large = b'{"foreign":"' + b"x" * (50 << 20) + b'"}'
status = dict(line.split(":") for line in open("/proc/self/status"))
used = int(status["VmData"].split()[0]) << 10
resource.setrlimit(resource.RLIMIT_DATA, (used + (20 << 20), resource.getrlimit(resource.RLIMIT_DATA)[1]))
for use in (lambda: store.commit(None, large), lambda: merger.merge(None, large, None)):
    try:
        use()
    except PersistenceError as error:
        print(error.code)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere this limit is not for memory, or nothing says how much is used")
def test_a_document_for_which_there_is_no_memory_is_not_too_large(cache):
    assert subprocess.check_output([sys.executable, "-c", LITTLE_MEMORY, cache]) == b"out_of_memory\n" * 2


FEW_DESCRIPTORS = """
import os, resource, sys
from msal_extensions_wasm import PersistenceError, TokenCacheStore
store = TokenCacheStore(sys.argv[1])
store.load()
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (64, limit))
taken = []
try:
    while True:
        taken.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
while True:
    try:
        store.commit(None, b"{}")
        break
    except PersistenceError as error:
        print(error.code)
    os.close(taken.pop())
"""


@posix
def test_a_commit_for_which_there_are_too_few_descriptors_says_so(cache):
    codes = subprocess.check_output([sys.executable, "-c", FEW_DESCRIPTORS, cache], text=True).split()
    assert set(codes) == {"too_many_open_files"}


@posix
@pytest.mark.parametrize("number, code", [("EIO", "io_error"), ("ENOSPC", "disk_full"), ("EACCES", "permission_denied")])
@pytest.mark.parametrize("step", ["make_folders", "make_private", "gives_in"])
def test_what_the_system_refuses_outside_of_the_core_has_its_code(cache, document, monkeypatch, step, number, code):
    def fails(*_):
        raise OSError(getattr(errno, number), "no")

    monkeypatch.setattr(owner if step == "gives_in" else token_cache_store, step, fails)
    assert code_of(lambda: TokenCacheStore(cache).commit(None, document(a=1))) == code
    assert not os.path.isdir(os.path.dirname(cache)) or os.listdir(os.path.dirname(cache)) == []


@pytest.mark.parametrize("arguments", [[], [""], ["\udcff.py"]])
def test_a_program_may_have_no_name(cache, document, monkeypatch, arguments):
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.setattr(sys, "executable", None)
    assert TokenCacheStore(cache).commit(None, document(a=1)).added == 1


def code_of(call):
    with pytest.raises(PersistenceError) as caught:
        call()
    return caught.value.code
