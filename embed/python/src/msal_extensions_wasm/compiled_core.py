"""
The core as wasmtime has compiled it, kept in the user's cache folder: a process's first use takes 1 ms of compiling instead of 80. What is
loaded is run, so it has to be this user's file, which nobody else can write to, and whole. Anything else is compiled anew.
"""
from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from wasmtime import Engine, Module, WasmtimeError

FOLDER = "msal-extensions-wasm"
DIGEST_SIZE = hashlib.sha256().digest_size


def compile_core(engine: Engine, core: bytes) -> Module:
    file = _file_for(core)
    if file is None:
        return Module(engine, core)
    kept = _read(file)
    if kept is not None:
        with suppress(WasmtimeError):  # of another processor: the home folder may be on a network
            return Module.deserialize(engine, kept)
    module = Module(engine, core)
    with suppress(OSError):
        _write(file, bytes(module.serialize()))
    return module


def _file_for(core: bytes) -> Path | None:
    """`None`: there is no folder of this user's. Root, at work with the HOME of somebody else, leaves nothing there."""
    if os.name != "posix":
        return None
    try:
        folder = _caches() / FOLDER
        nearest = next(path for path in (folder, *folder.parents) if path.exists())
        if not folder.is_absolute() or nearest.stat().st_uid != os.geteuid():
            return None
        made_of = hashlib.sha256(core + version("wasmtime").encode()).hexdigest()
    except (OSError, RuntimeError, PackageNotFoundError):  # no home, none to look into, or frozen into a program without metadata
        return None
    return folder / f"{made_of[:32]}.cwasm"


def _caches() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _read(file: Path) -> bytes | None:
    try:
        opened = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # a pipe would keep us waiting
    except OSError:
        return None
    with open(opened, "rb") as reader:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            return None
        content = reader.read()
    digest, compiled = content[:DIGEST_SIZE], content[DIGEST_SIZE:]
    return compiled if hashlib.sha256(compiled).digest() == digest else None


def _write(file: Path, compiled: bytes) -> None:
    os.makedirs(file.parent, mode=0o700, exist_ok=True)
    opened, temporary = tempfile.mkstemp(dir=file.parent)
    try:
        with open(opened, "wb") as writer:
            writer.write(hashlib.sha256(compiled).digest() + compiled)
        os.replace(temporary, file)
    except BaseException:
        os.unlink(temporary)
        raise
