"""Signals whose handlers raise, as that of Control-C does: one at each call of an operation in turn."""
import _thread
import contextlib
import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import msal_extensions_wasm
from msal_extensions_wasm import FilePersistence, FilePersistenceWithKey, PersistedTokenCache, TokenCacheStore

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a signal that nobody else uses")

INTERRUPTED = (os.path.dirname(msal_extensions_wasm.__file__), threading.__file__, contextlib.__file__)


class Interruption(BaseException):
    pass


@pytest.fixture
def each_call():
    """Runs an operation again and again, with a signal at its first call, at its second …, until it gets through."""

    def interrupt(_number, _frame):
        raise Interruption

    def run(operation, check):
        for nth in range(1, 10_000):
            if not interrupted(operation, nth):
                assert nth > 20
                return
            check()

    before = signal.signal(signal.SIGUSR1, interrupt)
    yield run
    signal.signal(signal.SIGUSR1, before)


def interrupted(operation, nth):
    """Python handles a signal where a function begins and where one in C has returned: so the first comes before and after each call."""
    calls = 0

    def profile(frame, event, _argument):
        nonlocal calls
        if event not in ("call", "c_return") or not frame.f_code.co_filename.startswith(INTERRUPTED):
            return
        calls += 1
        if calls == nth:
            signal.raise_signal(signal.SIGUSR1)

    outer = sys.getprofile()
    sys.setprofile(profile)
    try:
        operation()
        return False
    except Interruption:
        return True
    finally:
        sys.setprofile(outer)


@pytest.fixture
def threads_end():
    """Waits until there are as many as before."""
    before = _thread._count()

    def wait():
        deadline = time.monotonic() + 10
        while _thread._count() > before:
            assert time.monotonic() < deadline
            time.sleep(0.001)

    return wait


def in_another_thread(call):
    """Which waits where this one has not let go."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(call).result()


@pytest.mark.parametrize("key", [None, b"7" * 32])
def test_an_interrupted_change_leaves_no_thread_and_no_lock_and_is_made_whole_or_not(
    cache, document, secrets, each_call, threads_end, key
):
    store = TokenCacheStore(FilePersistenceWithKey(cache, key) if key else cache)
    store.commit(None, document(a=0))
    values = iter(range(1, 10_000))
    value = 0

    def change():
        nonlocal value
        value = next(values)
        store.update(lambda _content: document(a=value))

    def check():
        threads_end()
        assert os.listdir(os.path.dirname(cache)) == ["cache.json"]
        assert secrets(in_another_thread(store.load).content)["a"] in (f"secret of {value - 1}", f"secret of {value}")
        store.update(lambda _content: document(a=value))

    each_call(change, check)
    assert secrets(store.load().content)["a"] == f"secret of {value}"


def test_after_an_interrupted_load_the_next_one_reads(cache, document, each_call):
    writer, store = TokenCacheStore(cache), TokenCacheStore(cache)
    values = iter(range(10_000))
    os.makedirs(os.path.dirname(cache))

    def write():
        writer.commit(None, document(a=next(values)))
        os.utime(cache, (1_700_000_000.5, 1_700_000_000.5 + next(values)))  # old enough for its version to be believed

    def check():
        loaded = store.load()
        assert json.loads(loaded.content) == json.load(open(cache))
        write()

    write()
    each_call(store.load, check)


def entry(client_id):
    return {"environment": "login.windows.net", "client_id": client_id}


def add_to(cache, client_id):
    cache.modify("AppMetadata", entry(client_id), entry(client_id))


def clients(cache):
    return {entity["client_id"] for entity in cache.search("AppMetadata")}


def test_after_an_interrupted_search_the_next_one_finds_what_there_is(cache, each_call):
    one, other = (PersistedTokenCache(FilePersistence(cache)) for _ in range(2))
    added = set()

    def add():
        added.add(f"client {len(added)}")
        add_to(other, f"client {len(added) - 1}")

    def check():
        assert clients(one) == added
        add()

    add()
    each_call(lambda: clients(one), check)


def test_an_interrupted_change_removes_nothing_that_another_has_added(cache, each_call):
    one, other = PersistedTokenCache(FilePersistence(cache)), TokenCacheStore(cache)
    names = (f"client {number}" for number in range(10_000))
    added = []

    def change():
        add_to(one, "own")

    def add(content):
        nonlocal added
        document = json.loads(content)
        assert {entity["client_id"] for entity in document["AppMetadata"].values()} == {*added, "own"}
        added = [*added[-1:], next(names)]
        return json.dumps({**document, "AppMetadata": {client_id: entry(client_id) for client_id in added}}).encode()

    def check():
        change()
        other.update(add)  # and takes "own" away, and one of those before, so that the cache does not grow with the calls

    each_call(change, check)
    assert clients(one) == {*added, "own"}


def test_a_wait_for_the_lock_is_interrupted(cache, document):
    held, interrupted = threading.Event(), threading.Event()

    def edit(_content):
        held.set()
        interrupted.wait()
        return document(a=1)

    holder = threading.Thread(target=TokenCacheStore(cache).update, args=(edit,))
    holder.start()
    held.wait()
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    started = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            TokenCacheStore(cache, lock_timeout=20).commit(None, document(b=1))
        assert time.monotonic() - started < 10
    finally:
        signal.signal(signal.SIGALRM, before)
        interrupted.set()
        holder.join()
    assert set(json.load(open(cache))["AccessToken"]) == {"a"}
