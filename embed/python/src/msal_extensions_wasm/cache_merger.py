"""The pure part of the core."""
from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from .core import Core, CoreResult, document, optional_document, usable
from .errors import PersistenceError, failure


@dataclass(frozen=True)
class Merged:
    """What a merge made, and how it differs from `theirs`."""

    content: bytes = field(repr=False)  # tokens do not belong into a log
    unchanged: bool
    added: int
    updated: int
    removed: int
    conflicts: int
    accounts_added: list[str]
    accounts_removed: list[str]

    @classmethod
    def from_result(cls, result: CoreResult) -> Merged:
        accounts = json.loads(result.detail or b"{}")
        return cls(
            result.content, result.unchanged, result.added, result.updated, result.removed, result.conflicts,
            accounts.get("accountsAdded", []), accounts.get("accountsRemoved", []),
        )


class CacheMerger:
    """Merges, salvages and inspects documents: docs/merge.md. Touches no store and no lock. Thread-safe."""

    def __init__(self) -> None:
        self._core: Core | None = Core()
        self._lock = threading.RLock()  # a signal handler that merges during a merge is refused; it does not wait for itself

    def merge(self, base: bytes | None, ours: bytes, theirs: bytes | None) -> Merged:
        """Three ways. `None`: there is no such document."""
        return Merged.from_result(self._run("merge", optional_document(base), document(ours), optional_document(theirs)))

    def salvage(self, content: bytes) -> bytes:
        """Whatever was complete in these bytes before the damage."""
        return self._run("salvage", document(content)).content

    def inspect(self, content: bytes, now: float | None = None) -> dict[str, Any]:
        """What a document holds, without secrets. `now` in seconds since the epoch."""
        return self._run("inspect", document(content), _seconds(now)).inspection()

    def _run(self, operation: str, *arguments: bytes | float | None) -> CoreResult:
        usable()
        with self._lock:
            try:
                if self._core is None:
                    self._core = Core()
                result = self._core.run(operation, *arguments)
            except BaseException:
                self._core = None  # a trap: it may be in any state
                raise
        if result.status != 0:
            raise failure(result.status, document=result.document, offset=result.offset)
        return result


def _seconds(now: float | None) -> float:
    try:
        return float(int(time.time()) if now is None else now)
    except (TypeError, ValueError, OverflowError) as error:
        raise PersistenceError("bad_argument", f"now is a number of seconds, not {now!r}.") from error
