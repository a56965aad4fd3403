"""What root makes in a user's folder. Only root can give a folder away."""
import os
import subprocess
import sys

import pytest

from msal_extensions_wasm import TokenCacheStore
from msal_extensions_wasm.owner import _create_folder, _LeadsOut, make_private

USER, GROUP = 12345, 12346

pytestmark = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs the user root")


@pytest.fixture
def theirs(tmp_path):
    os.chown(tmp_path, USER, GROUP)
    return tmp_path


def owner_of(path):
    found = os.lstat(path)
    return found.st_uid, found.st_gid


def test_is_given_to_the_owner_of_the_folder(theirs, document):
    cache = theirs / "new" / "folder" / "cache.json"
    seen = {}

    def edit(_content):
        for made in (theirs / "new", cache.parent, f"{cache}.lockfile", f"{cache}.lockfile.lock"):
            seen[made] = owner_of(made)
        return document(a=1)

    store = TokenCacheStore(cache)
    assert store.update(edit).added == 1
    assert set(seen.values()) == {(USER, GROUP)} and len(seen) == 4
    assert owner_of(cache) == (USER, GROUP)
    assert os.listdir(cache.parent) == ["cache.json"]
    assert store.clear()


def test_is_given_to_who_owns_the_folder_by_then(theirs, document):
    os.chown(theirs, 0, 0)
    cache = theirs / "cache.json"
    store = TokenCacheStore(cache)
    store.commit(None, document(a=1))
    assert owner_of(cache) == (0, 0)
    os.chown(theirs, USER, GROUP)

    def edit(content):
        assert owner_of(f"{cache}.lockfile") == (USER, GROUP)
        return document(b=1)

    store.update(edit)
    assert owner_of(cache) == (USER, GROUP)


def test_of_what_a_link_leads_to_too(theirs, document):
    cache = theirs / "cache.json"
    cache.symlink_to("below/folder/target.json")
    TokenCacheStore(cache).commit(None, document(a=1))
    for made in ("below", "below/folder", "below/folder/target.json"):
        assert owner_of(theirs / made) == (USER, GROUP)


def test_but_no_copy_of_what_a_link_leads_to(theirs, document):
    of_root = theirs / "root" / "secret"
    of_root.parent.mkdir()
    of_root.write_text("secret")
    cache = theirs / "cache.json"
    cache.symlink_to("root/secret")
    TokenCacheStore(cache).commit(None, document(a=1))
    assert sorted(os.listdir(theirs)) == ["cache.json", "root"]
    copy, = of_root.parent.glob("secret.damaged-*")
    assert copy.read_text() == "secret" and owner_of(copy) == (0, 0)


def test_an_abandoned_lock_is_taken_over(theirs, document):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    cache = theirs / "cache.json"
    (theirs / "cache.json.lockfile").write_text(f"{child.pid} python")
    assert TokenCacheStore(cache).commit(None, document(a=1)).added == 1
    assert os.listdir(theirs) == ["cache.json"]


@pytest.mark.parametrize("path", ["elsewhere/new", "../new"])
def test_folders_are_made_through_no_link(theirs, tmp_path_factory, path):
    """The engine refuses such a link before it comes to this: here it appears in between."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (theirs / "elsewhere").symlink_to(elsewhere)
    with pytest.raises((OSError, _LeadsOut)):
        _create_folder(theirs, path)
    assert os.listdir(elsewhere) == [] and not (theirs.parent / "new").exists()


def test_only_what_is_new_in_the_folder_is_given_away(theirs, tmp_path_factory):
    foreign = tmp_path_factory.mktemp("elsewhere") / "foreign"
    foreign.write_bytes(b"")
    foreign.chmod(0o644)
    (theirs / "symbolic").symlink_to(foreign)
    (theirs / "folder").symlink_to(foreign.parent)
    (theirs / "hard").hardlink_to(foreign)
    with pytest.raises(OSError):
        make_private(theirs / "symbolic")
    assert foreign.stat().st_mode & 0o777 == 0o644
    make_private(theirs / "hard")
    make_private(theirs / "folder" / "foreign")
    assert owner_of(foreign) == (0, 0)
