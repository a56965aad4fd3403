"""A token cache as such, without MSAL."""
from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from .cache_merger import Merged
from .core import (
    DEFAULT_MAX_BYTES, EDIT, MAKE_PRIVATE, PROCESS_ALIVE, PROTECT, UNPROTECT, Argument, Core, CoreResult, document, optional_document, usable,
)
from .errors import PersistenceError, failure, located
from .owner import make_folders, make_private
from .persistence import FilePersistence, Persistence, absolute
from .processes import is_alive
from .status import STATUS, StatusName
from .system_errors import code_of, code_of_io_error

ENCRYPTED, SEES_PROCESSES, MAKES_PRIVATE = 1, 2, 4
FIRST_ERROR = STATUS["io_error"]
WAITING_SLICE_MS = 200
"""The core cannot be interrupted while it waits for the lock, so it waits in slices, and between them Python handles signals."""
LARGEST = 0xFFFF_FFFE  # one more means the core's own default
POSIX = os.name == "posix"  # elsewhere a signal 0 is not for looking, and there are no modes

WRITING = ("commit", "update", "clear")

_writing: WeakValueDictionary[str, threading.RLock] = WeakValueDictionary()
"""
By location: the stores of one process take turns, and one of them meets other processes. In the lock file's line each would look again and again
who holds it, which takes the interpreter's lock: 200 threads got 9 commits done in a second.
"""

Committed = Merged
"""What a commit stored, and how it differs from what was stored before."""

Edit = Callable[[bytes | None], bytes]

Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class Loaded:
    """`content` is `None` when nothing is stored; `unchanged`: it is what this store last loaded or committed."""

    content: bytes | None = field(repr=False)
    unchanged: bool
    salvaged: bool
    set_aside: bool


class TokenCacheStore:
    """
    Loads and commits the cache at one location. Thread-safe: operations run one after the other, and wait for each other no longer than for
    other processes.
    """

    def __init__(
        self, cache: str | os.PathLike[str] | Persistence, *, lock_timeout: float = 10.0, max_bytes: int = DEFAULT_MAX_BYTES
    ) -> None:
        """
        `cache`: the path of a plain file, or a persistence. `lock_timeout`: seconds to wait for other processes; 0 is one look.
        `max_bytes`: larger documents are refused; 0 is the default.
        The cache's folder is made if it is missing. Raises `PersistenceError` `invalid_location` for what is no path, and `bad_argument` for
        limits that are no numbers or negative.
        """
        persistence = cache if isinstance(cache, Persistence) else FilePersistence(cache)
        self.location = absolute(persistence.get_location())
        self.is_encrypted = persistence.is_encrypted
        self._cipher = persistence.cipher
        if self.is_encrypted and self._cipher is None:
            raise PersistenceError("bad_argument", "The persistence is encrypted, and has no cipher.", location=self.location)
        self._max_bytes = _limit("max_bytes", max_bytes)
        self._timeout_ms = _limit("lock_timeout", lock_timeout, unit=1000)
        self._lock = threading.RLock()
        self._writing = _writing.setdefault(self.location, threading.RLock())
        self._core: Core | None = None
        self._folder: tuple[int, int, int] | None = None
        self._current: bytes | None = None

    def load(self) -> Loaded:
        """What is stored. A damaged document is salvaged."""
        return self._run("load", take=self._loaded)

    def commit(self, base: bytes | None, ours: bytes) -> Committed:
        """Merges `ours`, made from `base`, with what is stored by now, and stores the result, under the lock."""
        return self._run("commit", optional_document(base), document(ours), take=self._committed)

    def update(self, edit: Edit) -> Committed:
        """
        Stores what `edit` makes of what is stored, under the lock: others wait. It must not use this store, and is called again if
        the lock was lost meanwhile. If it raises, or returns no bytes, that is `callback_failed` and nothing is stored; `clear` removes all.
        """
        if not callable(edit):
            raise PersistenceError("bad_argument", f"update takes a function, not {type(edit).__name__}.", location=self.location)
        return self._run("update", take=self._committed, edit=edit)

    def clear(self) -> bool:
        """Removes what is stored. `False`: there was nothing."""
        return self._run("clear", take=self._cleared)

    def inspect(self) -> dict[str, Any]:
        """Counts and names, no secrets."""
        content = self.load().content or b""
        return self._run("inspect", content, float(int(time.time())), take=CoreResult.inspection)

    def _loaded(self, result: CoreResult) -> Loaded:
        if not result.unchanged:
            self._current = result.content if result.has_document else None
        return Loaded(self._current, result.unchanged, result.salvaged, result.set_aside)

    def _committed(self, result: CoreResult) -> Committed:
        self._current = result.content
        return Merged.from_result(result)

    def _cleared(self, result: CoreResult) -> bool:
        self._current = None
        return result.status == STATUS["ok"]

    def _run(
        self, operation: str, *arguments: Argument, take: Callable[[CoreResult], Outcome], edit: Edit | None = None
    ) -> Outcome:
        usable()  # before the lock, which in a forked process may be held by a thread that is not there
        return self._holding(self._lock, partial(self._run_in_turn, operation, arguments, take, edit))

    def _holding(self, lock: threading.RLock, work: Callable[[], Outcome]) -> Outcome:
        timeout = min(self._timeout_ms / 1000, threading.TIMEOUT_MAX)
        try:
            if not lock.acquire(timeout=timeout):
                message = f"{self.location} was not to be had in time: another thread uses it."
                raise PersistenceError("lock_timeout", message, location=self.location)
            return work()
        finally:
            try:  # whether it was obtained only the lock knows: a signal's exception may come between it and us
                lock.release()
            except RuntimeError:
                pass

    def _run_in_turn(
        self, operation: str, arguments: tuple[Argument, ...], take: Callable[[CoreResult], Outcome], edit: Edit | None
    ) -> Outcome:
        with located(self.location):
            core = self._usable()
            requests = _Requests(self.location, self._cipher, edit)
            perform = partial(self._performed, core, operation, arguments, requests)
            try:
                result = self._holding(self._writing, perform) if operation in WRITING else perform()
                if result.status < FIRST_ERROR:
                    return take(result)
            except BaseException:
                # A trap, or a signal's exception, which may come between two lines: the core would go on believing that what it has
                # read last is known here. A new one reads it again.
                self._core = None
                raise
            status = result.status
            if status == STATUS["io_error"]:
                status = STATUS[code_of_io_error(os.path.dirname(self.location))]
            raise requests.failures.get(result.status) or failure(
                status, location=self.location, document=result.document, offset=result.offset, detail=result.detail
            )

    def _performed(self, core: Core, operation: str, arguments: tuple[Argument, ...], requests: _Requests) -> CoreResult:
        """Again and again until it has the lock. A cipher that fails for a lock of its own is asked once."""
        deadline = time.monotonic() + self._timeout_ms / 1000
        while True:
            result = core.run(operation, *arguments, answer=requests.answer)
            is_held = result.status == STATUS["lock_timeout"] and result.status not in requests.failures
            if not is_held or time.monotonic() >= deadline:
                return result

    def _usable(self) -> Core:
        if self._core is not None and self._core.is_running:
            raise PersistenceError("bad_state", "An operation on this cache is already under way.")
        if self._core is None or self._folder != _identity(os.path.dirname(self.location)):
            self._core = self._opened()
        return self._core

    def _opened(self) -> Core:
        folder, name = os.path.split(self.location)
        try:
            make_folders(folder)
            core = Core(os.path.realpath(folder))
        except OSError as error:
            raise PersistenceError(code_of(error), location=folder) from error
        except UnicodeError as error:  # a link leads to a folder whose name is no text
            raise PersistenceError("invalid_location", location=self.location) from error
        flags = (ENCRYPTED if self._cipher else 0) | (SEES_PROCESSES | MAKES_PRIVATE if POSIX else 0)
        status = core.open(f"/{name}", max_bytes=self._max_bytes, timeout_ms=min(WAITING_SLICE_MS, self._timeout_ms), flags=flags)
        if status != STATUS["ok"]:
            raise failure(status, location=self.location)
        core.identify(os.getpid(), _program())
        self._folder = _identity(folder)
        return core


def _limit(name: str, value: float, unit: int = 1) -> int:
    if not isinstance(value, int | float) or not value >= 0:
        raise PersistenceError("bad_argument", f"{name} must be a number that is not negative, and is {value!r}.")
    return round(min(value * unit, LARGEST))


def _program() -> str:
    """An interpreter within another program may have neither arguments nor an executable, and a name that is not UTF-8."""
    name = Path((sys.argv or [""])[0] or sys.executable or "").name or "python"
    return name.encode(errors="replace").decode()


def _identity(folder: str) -> tuple[int, int, int] | None:
    """The core has the folder open: one that was removed meanwhile, and perhaps made anew, is another one. So is that of another owner."""
    try:
        found = os.stat(folder)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_uid


class _Requests:
    """Does what only the embedder can."""

    def __init__(self, location: str, cipher: Any, edit: Edit | None) -> None:
        self._location = location
        self._cipher = cipher
        self._edit = edit
        self.failures: dict[int, PersistenceError] = {}

    def answer(self, kind: int, content: bytes, value: int) -> tuple[int, bytes]:
        try:
            return self._do(kind, content, value)
        except PersistenceError as error:
            status = STATUS[error.code]
            self.failures[status] = error
            return status, b""

    def _do(self, kind: int, content: bytes, value: int) -> tuple[int, bytes]:
        if kind == PROTECT:
            return STATUS["ok"], self._ciphered("protect_failed", self._cipher.protect, content)
        if kind == UNPROTECT:
            return STATUS["ok"], self._ciphered("unprotect_failed", self._cipher.unprotect, content)
        if kind == EDIT:
            return STATUS["ok"], self._edited(content or None)
        if kind == PROCESS_ALIVE:
            return STATUS["alive" if is_alive(value) else "dead"], b""
        if kind == MAKE_PRIVATE:
            return self._make_private(content.decode()), b""
        return STATUS["not_supported"], b""

    @staticmethod
    def _ciphered(otherwise: StatusName, cipher: Callable[[bytes], bytes], content: bytes) -> bytes:
        try:
            return _bytes_of(cipher(content))
        except PersistenceError as error:
            if STATUS[error.code] >= FIRST_ERROR:
                raise
            raise PersistenceError(otherwise) from error  # not_found, say, is no failure of a cipher's
        except Exception as error:
            raise PersistenceError(otherwise) from error

    def _edited(self, content: bytes | None) -> bytes:
        """A forgotten `return` must not look like an empty cache."""
        assert self._edit is not None
        try:
            return _bytes_of(self._edit(content))
        except Exception as error:
            raise PersistenceError("callback_failed", location=self._location) from error

    def _make_private(self, path: str) -> int:
        try:
            make_private(os.path.join(os.path.dirname(self._location), path.lstrip("/")))
            return STATUS["ok"]
        except OSError as error:
            return STATUS[code_of(error)]


def _bytes_of(answer: object) -> bytes:
    if isinstance(answer, bytes | bytearray):
        return bytes(answer)
    raise TypeError(f"Bytes are needed, not {type(answer).__name__}.")
