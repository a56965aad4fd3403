"""
What root makes in a user's folder is given to that user, who could open neither the cache nor a lock file any more after one run as root.
The user may meanwhile put links in the place of anything there: folders and files are opened, and it is what is open that is looked at.
"""
from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from wasmtime import Caller, FuncType, Linker, Memory, ValType

ROOT = 0

# Numbers of preview 1 (docs/wasi.md: what the core tells apart).
SUCCESS, IO, NOTCAPABLE = 0, 29, 76
ERRNO = {
    errno.EACCES: 2, errno.EDQUOT: 19, errno.EEXIST: 20, errno.ELOOP: 32, errno.EMFILE: 33, errno.ENAMETOOLONG: 37, errno.ENFILE: 41,
    errno.ENOENT: 44, errno.ENOSPC: 51, errno.ENOTDIR: 54, errno.EPERM: 63, errno.EROFS: 69,
}


def gives_in(folder: str) -> bool:
    return _is_root() and os.stat(folder).st_uid != ROOT


def make_folders(folder: str) -> None:
    """Those that are missing, this one for its owner only."""
    with suppress(FileNotFoundError):
        os.stat(folder)  # refuses a path that is too long, of which the first folders could be made
    missing = [path for path in (folder, *map(str, Path(folder).parents)) if not os.path.exists(path)]
    os.makedirs(folder, mode=0o700, exist_ok=True)
    for made in reversed(missing):
        _give(made)


def make_private(path: str) -> None:
    with _opened_in(None, path) as file:
        os.fchmod(file, 0o600)
    _give(path)


def define_in(linker: Linker, folder: str) -> None:
    """
    In place of wasmtime's: by `path_create_directory` the core makes its lease, and by `path_link` a lock file gets its name, whose owner can
    read it from then on.
    """

    def path_create_directory(caller: Caller, _folder: int, path: int, length: int) -> int:
        return _tried(lambda: _create_folder(folder, _text(caller, path, length)))

    def path_link(caller: Caller, _folder: int, _flags: int, path: int, length: int, _other: int, new: int, new_length: int) -> int:
        return _tried(lambda: _link(folder, _text(caller, path, length), _text(caller, new, new_length)))

    linker.allow_shadowing = True
    for function, parameters in ((path_create_directory, 3), (path_link, 7)):
        signature = FuncType([ValType.i32()] * parameters, [ValType.i32()])
        linker.define_func("wasi_snapshot_preview1", function.__name__, signature, function, access_caller=True)


def _tried(action: Callable[[], None]) -> int:
    try:
        action()
        return SUCCESS
    except _LeadsOut:
        return NOTCAPABLE
    except OSError as error:
        return ERRNO.get(error.errno or 0, IO)


def _text(caller: Caller, pointer: int, length: int) -> str:
    memory = caller["memory"]
    assert isinstance(memory, Memory)
    start = pointer & 0xFFFF_FFFF
    return os.fsdecode(bytes(memory.read(caller, start, start + length)))


def _create_folder(folder: str, path: str) -> None:
    with _inside(folder, path) as (above, name):
        os.mkdir(name, dir_fd=above)
        _give_in(above, name)


def _link(folder: str, path: str, new: str) -> None:
    with _inside(folder, path) as (above, name), _inside(folder, new) as (new_above, new_name):
        _give_in(above, name)
        os.link(name, new_name, src_dir_fd=above, dst_dir_fd=new_above, follow_symlinks=False)


class _LeadsOut(Exception):
    """Of the folder that is all the core may touch."""


@contextmanager
def _inside(folder: str, path: str) -> Iterator[tuple[int, str]]:
    """Through no link, as root would go wherever a user's leads."""
    *above, name = path.split("/")
    if ".." in (*above, name):
        raise _LeadsOut
    with ExitStack() as open_folders:
        at = open_folders.enter_context(_opened(folder))
        for step in above:
            at = open_folders.enter_context(_opened_in(at, step, os.O_DIRECTORY))
        yield at, name


@contextmanager
def _opened(folder: str) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _opened_in(folder: int | None, name: str, flags: int = 0) -> Iterator[int]:
    """No link is followed, and no pipe waited for."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | flags, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _give(path: str) -> None:
    if _is_root():
        with suppress(OSError), _opened(os.path.dirname(path)) as folder:
            _give_in(folder, os.path.basename(path))


def _give_in(folder: int, name: str) -> None:
    """Only what is new: a file that has a second name may be any file of the system."""
    with suppress(OSError), _opened_in(folder, name) as made:
        owner, found = os.fstat(folder), os.fstat(made)
        is_new = found.st_uid == ROOT and (stat.S_ISDIR(found.st_mode) or found.st_nlink == 1)
        if is_new and owner.st_uid != ROOT:
            os.fchown(made, owner.st_uid, owner.st_gid)


def _is_root() -> bool:
    return os.name == "posix" and os.geteuid() == ROOT
