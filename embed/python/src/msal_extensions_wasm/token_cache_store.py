"""A token cache as such, without MSAL."""
from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .cache_merger import CacheMerger, Merged
from .core import EDIT, MAKE_PRIVATE, PROCESS_ALIVE, PROTECT, UNPROTECT, Core, CoreResult
from .errors import PersistenceError, failure
from .persistence import FilePersistence, Persistence
from .processes import is_alive
from .status import STATUS

ENCRYPTED, SEES_PROCESSES, MAKES_PRIVATE = 1, 2, 4
FIRST_ERROR = STATUS["io_error"]
POSIX = os.name == "posix"  # elsewhere a signal 0 is not for looking, and there are no modes

Committed = Merged
"""What a commit stored, and how it differs from what was stored before."""

Edit = Callable[[bytes | None], bytes]


@dataclass(frozen=True)
class Loaded:
    """`content` is `None` when nothing is stored; `unchanged`: it is what this store last loaded or committed."""

    content: bytes | None = field(repr=False)
    unchanged: bool
    salvaged: bool
    set_aside: bool


class TokenCacheStore:
    """Loads and commits the cache at one location. Thread-safe: operations run one after the other."""

    def __init__(
        self, cache: str | os.PathLike[str] | Persistence, *, lock_timeout: float = 10.0, max_bytes: int = 64 << 20
    ) -> None:
        """
        `cache`: the path of a plain file, or a persistence. `lock_timeout`: seconds to wait for other processes; 0 is one look.
        Its folder is made if it is missing.
        """
        persistence = FilePersistence(cache) if isinstance(cache, str | os.PathLike) else cache
        self.location = persistence.get_location()
        self.is_encrypted = persistence.is_encrypted
        self._cipher = persistence.cipher
        self._settings = {"max_bytes": max_bytes, "timeout_ms": min(round(lock_timeout * 1000), 0xFFFF_FFFE)}
        self._lock = threading.RLock()
        self._core: Core | None = None
        self._folder: tuple[int, int] | None = None
        self._current: bytes | None = None

    def load(self) -> Loaded:
        """What is stored. A damaged document is salvaged."""
        with self._lock:
            result = self._run("load")
            if not result.unchanged:
                self._current = result.content if result.has_document else None
            return Loaded(self._current, result.unchanged, result.salvaged, result.set_aside)

    def commit(self, base: bytes | None, ours: bytes) -> Committed:
        """Merges `ours`, made from `base`, with what is stored by now, and stores the result, under the lock."""
        with self._lock:
            return self._committed(self._run("commit", base, ours))

    def update(self, edit: Edit) -> Committed:
        """
        Stores what `edit` makes of what is stored, under the lock: others wait. It must not use this store, and is called again if
        the lock was lost meanwhile.
        """
        with self._lock:
            return self._committed(self._run("update", edit=edit))

    def clear(self) -> bool:
        """Removes what is stored. `False`: there was nothing."""
        with self._lock:
            result = self._run("clear")
            self._current = None
            return result.status == STATUS["ok"]

    def inspect(self) -> dict[str, Any]:
        """Counts and names, no secrets."""
        return CacheMerger().inspect(self.load().content or b"")

    def _committed(self, result: CoreResult) -> Committed:
        self._current = result.content
        return Merged.from_result(result)

    def _run(self, operation: str, *arguments: bytes | None, edit: Edit | None = None) -> CoreResult:
        if self._core is None or self._folder != _identity(os.path.dirname(self.location)):
            self._core = self._opened()
        requests = _Requests(self.location, self._cipher, edit)
        try:
            result = self._core.run(operation, *arguments, answer=requests.answer)
        except PersistenceError as error:
            if error.code == "core_trap":
                self._core = None  # it may be in any state
            raise
        if result.status < FIRST_ERROR:
            return result
        cause = requests.failures.get(result.status)
        if cause is not None:
            raise cause
        raise failure(
            result.status, location=self.location, document=result.document, offset=result.offset, detail=result.detail
        )

    def _opened(self) -> Core:
        folder, name = os.path.split(self.location)
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        except PermissionError as error:
            raise PersistenceError("permission_denied", location=folder) from error
        except OSError as error:
            raise PersistenceError("not_a_file", location=folder) from error
        core = Core(os.path.realpath(folder))
        flags = (ENCRYPTED if self._cipher else 0) | (SEES_PROCESSES | MAKES_PRIVATE if POSIX else 0)
        status = core.open(f"/{name}", flags=flags, **self._settings)
        if status != STATUS["ok"]:
            raise failure(status, location=self.location)
        core.identify(os.getpid(), Path(sys.argv[0] or sys.executable).name or "python")
        self._folder = _identity(folder)
        return core


def _identity(folder: str) -> tuple[int, int] | None:
    """The core has the folder open: one that was removed meanwhile, and perhaps made anew, is another one."""
    try:
        found = os.stat(folder)
    except OSError:
        return None
    return found.st_dev, found.st_ino


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
            if kind == EDIT:
                raise
            error.location = error.location or self._location
            status = STATUS[error.code]
            self.failures[status] = error
            return status, b""

    def _do(self, kind: int, content: bytes, value: int) -> tuple[int, bytes]:
        if kind == PROTECT:
            return STATUS["ok"], self._cipher.protect(content)
        if kind == UNPROTECT:
            return STATUS["ok"], self._cipher.unprotect(content)
        if kind == EDIT:
            return STATUS["ok"], self._edited(content or None)
        if kind == PROCESS_ALIVE:
            return STATUS["alive" if is_alive(value) else "dead"], b""
        if kind == MAKE_PRIVATE:
            return self._make_private(content.decode()), b""
        return STATUS["not_supported"], b""

    def _edited(self, content: bytes | None) -> bytes:
        assert self._edit is not None
        try:
            return self._edit(content)
        except Exception as error:
            raise PersistenceError("callback_failed", location=self._location) from error

    def _make_private(self, path: str) -> int:
        try:
            os.chmod(os.path.join(os.path.dirname(self._location), path.lstrip("/")), 0o600)
            return STATUS["ok"]
        except OSError:
            return STATUS["permission_denied"]
