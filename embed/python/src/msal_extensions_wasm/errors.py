"""What this package raises."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from .status import STATUS, STATUS_MESSAGE, StatusName

DocumentRole = Literal["theirs", "base", "ours"]
"""Which document of a merge an error is about: what is stored, what was last read, what is to be stored."""

ROLES: tuple[DocumentRole, ...] = ("theirs", "base", "ours")
ABOUT_LOCK = 3
"""In place of one of these."""
NAMES: dict[int, StatusName] = {number: name for name, number in STATUS.items()}


@dataclass(frozen=True)
class LockHolder:
    """Who holds a lock, as far as the lock file tells."""

    pid: int | None
    program: str
    age_ms: float

    @classmethod
    def from_detail(cls, detail: bytes) -> LockHolder | None:
        if not detail:
            return None
        fields = json.loads(detail)
        program = fields["holder"].lstrip("\ufeff").strip()
        if fields["pid"]:
            program = re.sub(r"^\{?\d+\}?\s*", "", program)
            program = re.sub(r"^\{(.*)\}$", r"\1", program, flags=re.DOTALL)
        return cls(fields["pid"] or None, program, fields["ageMs"])

    def __str__(self) -> str:
        who = f"process {self.pid}" if self.pid else "a holder that names no process"
        return f"{who} ({self.program})" if self.program else who


class PersistenceError(Exception):
    """`code` is stable (core-wasm/errors.json). The message is for people and never holds cache content."""

    def __init__(
        self,
        code: StatusName,
        message: str | None = None,
        *,
        location: str | None = None,
        holder: LockHolder | None = None,
        document: DocumentRole | None = None,
        offset: int | None = None,
    ) -> None:
        super().__init__(message or " ".join(filter(None, (STATUS_MESSAGE[code], location))))
        self.code: StatusName = code
        self.location = location
        self.holder = holder
        self.document = document
        self.offset = offset

    def locate(self, location: str) -> None:
        """A cipher, a key and a limit know no location, and an application may have several caches. What says where it happened stays as it is."""
        if self.location is not None:
            return
        self.location = location
        if str(self) == STATUS_MESSAGE[self.code]:
            self.args = (f"{self} {location}",)

    def __reduce__(self) -> tuple[Any, ...]:
        """A pool of processes pickles what its workers raise. By default it would be made anew from the message alone."""
        return type(self), (self.code, str(self)), vars(self)


@contextmanager
def located(location: str) -> Iterator[None]:
    try:
        yield
    except PersistenceError as error:
        error.locate(location)
        raise


def failure(
    status: int, *, location: str | None = None, document: int = 0, offset: int = 0, detail: bytes = b"",
) -> PersistenceError:
    """The error for a status that is one."""
    code = NAMES.get(status, "io_error")
    lock = f"{location}.lockfile"
    if document == ABOUT_LOCK:
        return PersistenceError(code, location=lock)
    if code == "lock_timeout":
        return _lock_timeout(lock, LockHolder.from_detail(detail))
    if code.startswith("json_") or code == "not_a_cache":
        role = ROLES[document]
        message = " ".join(filter(None, (STATUS_MESSAGE[code], location, f"At byte {offset} of {role}.")))
        return PersistenceError(code, message, location=location, document=role, offset=offset)
    return PersistenceError(code, location=location)


def _lock_timeout(lock: str, holder: LockHolder | None) -> PersistenceError:
    if holder is None:
        advice = "It changed hands all the time. Try again."
    else:
        advice = (
            f"It is held by {holder}, and its file is {holder.age_ms / 1000:.1f} s old. Wait for that process or end it; "
            "the lock of a process that has ended is taken over within 30 s, the file need not be deleted."
        )
    return PersistenceError(
        "lock_timeout", f"The lock {lock} was not obtained in time. {advice}", location=lock, holder=holder
    )
