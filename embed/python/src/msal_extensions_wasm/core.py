"""Drives core.wasi.wasm: docs/wasi.md has its exports."""
from __future__ import annotations

import json
import os
import struct
import threading
import time
from _thread import start_new_thread
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from wasmtime import Engine, Func, Linker, Memory, Module, Store, Trap, WasiConfig, WasmtimeError

from . import owner
from .compiled_core import compile_core
from .errors import PersistenceError
from .status import ABI_VERSION, STATUS
from .system_errors import code_of_io_error

WASI_VERSION = 1
RECORD_SIZE = 64
RENEW_SECONDS = 2.0
DEFAULT_MAX_BYTES = 64 << 20

# The kinds of requests.
PROTECT, UNPROTECT, EDIT, PROCESS_ALIVE, MAKE_PRIVATE = 1, 2, 3, 4, 5

MAY_TAKE_LONG = (PROTECT, UNPROTECT, EDIT)
"""Somebody else's code answers these; the others are one call of the system."""

Answer = Callable[[int, bytes, int], tuple[int, bytes]]
"""Answers a request: from its kind, bytes and number to a status and, with `ok`, bytes."""

Argument = bytes | int | float | None


@dataclass(frozen=True)
class CoreResult:
    """The result record of docs/host-interface.md, and what it points to."""

    status: int
    document: int
    offset: int
    content: bytes = field(repr=False)
    flags: int
    added: int
    updated: int
    removed: int
    conflicts: int
    detail: bytes = field(repr=False)

    @property
    def unchanged(self) -> bool:
        return self.flags & 1 != 0

    @property
    def salvaged(self) -> bool:
        return self.flags & 2 != 0

    @property
    def set_aside(self) -> bool:
        return self.flags & 4 != 0

    @property
    def has_document(self) -> bool:
        return self.flags & 8 != 0

    def inspection(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.detail)
        return found


@dataclass(frozen=True)
class _Compiled:
    engine: Engine
    module: Module
    process: int


@lru_cache(maxsize=1)
def _compiled() -> _Compiled:
    """Once a process, on first use."""
    engine = Engine()
    core = files(__package__).joinpath("core.wasi.wasm").read_bytes()
    return _Compiled(engine, compile_core(engine, core), os.getpid())


def usable() -> _Compiled:
    """Not in a process that was forked, and not before 1970, where the engine (wasmtime 50) would end the process."""
    compiled = _compiled()
    if time.time() < 0:
        raise PersistenceError("not_supported", "The system's clock is before 1970, which the engine does not survive. Set it.")
    if os.getpid() != compiled.process:
        raise PersistenceError(
            "not_supported",
            "This process was forked after its parent had used a cache, and the engine does not survive that. "
            'Start processes with "spawn" or "forkserver", or fork before the first use.',
        )
    return compiled


def document(content: object) -> bytes:
    """What is no document must not look like an empty one: a forgotten `return`, say."""
    if isinstance(content, bytes | bytearray | memoryview):
        return bytes(content)
    raise PersistenceError("bad_argument", f"A document is bytes, not {type(content).__name__}.")


def optional_document(content: object) -> bytes | None:
    return None if content is None else document(content)


def _preopen(wasi: WasiConfig, folder: str) -> None:
    try:
        wasi.preopen_dir(folder, "/")
    except WasmtimeError as error:  # without the system's reason
        raise PersistenceError(code_of_io_error(folder), location=folder) from error


def refuse(_kind: int, _content: bytes, _value: int) -> tuple[int, bytes]:
    return STATUS["not_supported"], b""


class Core:
    """One instance: one cache, one operation at a time, one thread at a time."""

    def __init__(self, folder: str | None = None) -> None:
        """`folder` is all that the core may touch; it knows it as `/`. `None`: nothing."""
        compiled = usable()
        linker = Linker(compiled.engine)
        linker.define_wasi()
        wasi = WasiConfig()
        if folder is not None:
            _preopen(wasi, folder)
            if owner.gives_in(folder):
                owner.define_in(linker, folder)
        self._store = Store(compiled.engine)
        self._store.set_wasi(wasi)
        try:
            self._exports = linker.instantiate(self._store, compiled.module).exports(self._store)
        except WasmtimeError as error:  # an instance wants 4 GiB of addresses
            raise PersistenceError("out_of_memory") from error
        self._calling = threading.RLock()
        self._max_bytes = DEFAULT_MAX_BYTES
        self.is_running = False
        self._call("_initialize")
        versions = (self._call("abi_version"), self._call("wasi_version"))
        if versions != (ABI_VERSION, WASI_VERSION):
            raise PersistenceError("not_supported", f"core.wasi.wasm has the versions {versions}.")

    def open(self, path: str, *, max_bytes: int, timeout_ms: int, flags: int) -> int:
        """@returns a status"""
        self._max_bytes = max_bytes or DEFAULT_MAX_BYTES
        pointer, length = self._put(path.encode())
        status = self._call("open", pointer, length, max_bytes, timeout_ms, flags)
        self._call("reset")
        return status

    def identify(self, pid: int, name: str) -> None:
        """What is written into the lock file."""
        self._call("identify", pid, *self._put(name.encode()))
        self._call("reset")

    def run(self, operation: str, *arguments: Argument, answer: Answer = refuse) -> CoreResult:
        """
        One operation, from its start to its result. What `answer` raises abandons it. So does the exception of a signal handler, and that
        may come anywhere, also where something is being tidied up: then it is done again.
        """
        if self.is_running:
            raise PersistenceError("bad_state", "An operation on this cache is already under way.")
        try:
            self.is_running = True
            result = self._operate(operation, arguments, answer)
            self._call("reset")  # tokens leave the core's memory with the operation that needed them
            self.is_running = False
            return result
        except BaseException as error:
            self._give_up()
            if isinstance(error, (Trap, WasmtimeError)):
                raise PersistenceError("core_trap") from error
            raise

    def _operate(self, operation: str, arguments: tuple[Argument, ...], answer: Answer) -> CoreResult:
        pending = self._call(operation, *self._lower(arguments))
        while pending == 1:
            kind, pointer, length, value = struct.unpack("<4I", self._read(self._call("request"), 16))
            asked = self._read(pointer, length)
            status, content = self._answered(answer, kind, asked, value)
            pending = self._call("resume", status, *self._put(content))
        return self._result()

    def _give_up(self) -> None:
        """A request that is pending is not answered any more, and the lock is released: it names a process that lives on."""
        self.is_running = False
        with suppress(Trap, WasmtimeError, PersistenceError):
            self._call("reset")

    def _answered(self, answer: Answer, kind: int, asked: bytes, value: int) -> tuple[int, bytes]:
        """
        Whoever answers may take their time: meanwhile the lock is renewed. The thread is started and stopped by one call each that no signal
        can interrupt; `Thread.start` and `Event.set` are Python, and a thread that nobody stops is what came of it.
        """
        if kind not in MAY_TAKE_LONG:
            return answer(kind, asked, value)
        pending = threading.Lock()
        pending.acquire()
        try:
            with suppress(RuntimeError):  # no more threads, or from Python 3.12 on an interpreter that is ending: not renewed, then
                start_new_thread(self._renew_while, (pending,))
            return answer(kind, asked, value)
        finally:
            pending.release()

    def _renew_while(self, pending: threading.Lock) -> None:
        """The calls have a lock of their own: the engine does not survive two at once."""
        while not pending.acquire(timeout=RENEW_SECONDS):
            with self._calling:
                if not pending.locked() or self._call("renew") == STATUS["bad_state"]:
                    return

    def _result(self) -> CoreResult:
        words = struct.unpack("<16I", self._read(self._call("result"), RECORD_SIZE))
        status, document, offset, data, length, flags, added, updated, removed, conflicts, detail, detail_length = words[:12]
        return CoreResult(
            status, document, offset, self._read(data, length), flags, added, updated, removed, conflicts,
            self._read(detail, detail_length),
        )

    def _lower(self, arguments: tuple[Argument, ...]) -> list[int | float]:
        """Documents become two numbers each."""
        lowered: list[int | float] = []
        for argument in arguments:
            lowered.extend(self._put(argument) if isinstance(argument, bytes | None) else [argument])
        return lowered

    def _put(self, content: bytes | None) -> tuple[int, int]:
        if content is None:
            return 0, 0
        pointer = self._call("alloc", len(content))
        if pointer == 0:
            raise PersistenceError("document_too_large" if len(content) > self._max_bytes else "out_of_memory")
        with self._calling:
            self._memory.write(self._store, content, pointer)
        return pointer, len(content)

    def _read(self, pointer: int, length: int) -> bytes:
        with self._calling:
            return bytes(self._memory.read(self._store, pointer, pointer + length)) if length else b""

    @property
    def _memory(self) -> Memory:
        memory = self._exports["memory"]
        assert isinstance(memory, Memory)
        return memory

    def _call(self, name: str, *arguments: int | float) -> int:
        usable()  # whoever answers a request may have forked, and the lock is the parent's
        function = self._exports[name]
        assert isinstance(function, Func)
        with self._calling:
            value = function(self._store, *arguments)
        return 0 if value is None else int(value) & 0xFFFFFFFF
