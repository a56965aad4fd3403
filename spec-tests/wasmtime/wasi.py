"""core.wasi.wasm under wasmtime, as docs/wasi.md demands of an embedder: one cache file, whose folder is all it gets to see."""

import os
import struct
from pathlib import Path

from core import ROOT, STATUS
from wasmtime import Engine, Linker, Module, Store, WasiConfig

PROTECT, UNPROTECT, EDIT, PROCESS_ALIVE, MAKE_PRIVATE = 1, 2, 3, 4, 5
PROTECTED, PROCESSES, PRIVATE = 1, 2, 4
FLAG_UNCHANGED, FLAG_SALVAGED, FLAG_SET_ASIDE, FLAG_DOCUMENT = 1, 2, 4, 8
FOLDER = "/cache/"

ENGINE = Engine()
MODULE = Module.from_file(ENGINE, str(ROOT / "dist/core.wasi.wasm"))


class Outcome:
    def __init__(self, words, data, detail):
        self.status, self.flags, self.take_overs, self.restarts = words[0], words[5], words[13], words[14]
        self.data, self.detail = data, detail


class WasiCache:
    def __init__(self, path, timeout_ms=10_000, max_bytes=0, edit=None):
        self.path = Path(path)
        self.edit = edit
        self.store, linker, wasi = Store(ENGINE), Linker(ENGINE), WasiConfig()
        linker.define_wasi()
        wasi.preopen_dir(str(self.path.parent), FOLDER)
        self.store.set_wasi(wasi)
        self._exports = linker.instantiate(self.store, MODULE).exports(self.store)
        self._exports["_initialize"](self.store)
        location = self.put((FOLDER + self.path.name).encode())
        self.opened = self.call("open", *location, max_bytes, timeout_ms, PROCESSES | PRIVATE)
        self.call("identify", os.getpid(), *self.put(b"wasmtime"))
        self.call("reset")

    def load(self):
        return self.run("load")

    def commit(self, base, ours):
        return self.run("commit", base, ours)

    def update(self):
        return self.run("update")

    def clear(self):
        return self.run("clear")

    def merge(self, base, ours, theirs):
        return self.run("merge", base, ours, theirs)

    def salvage(self, document):
        return self.run("salvage", document)

    def inspect(self, document, now):
        return self.finish(self.call("inspect", *self.put(document), float(now)))

    def run(self, name, *documents):
        pointers = [number for document in documents for number in self.put(document)]
        return self.finish(self.call(name, *pointers))

    def finish(self, state):
        while state == 1:
            state = self.answer(*struct.unpack("<4I", self.read(self.call("request"), 16)))
        words = struct.unpack("<16I", self.read(self.call("result"), 64))
        outcome = Outcome(words, self.read(*words[3:5]), self.read(*words[10:12]))
        self.call("reset")
        return outcome

    def answer(self, kind, pointer, length, value):
        content = self.read(pointer, length)
        if kind == EDIT and self.edit:
            return self.call("resume", 0, *self.put(self.edit(content)))
        if kind == PROCESS_ALIVE:
            return self.call("resume", STATUS["alive" if is_alive(value) else "dead"], 0, 0)
        if kind == MAKE_PRIVATE:
            os.chmod(self.path.parent / content.decode().removeprefix(FOLDER), 0o600)
            return self.call("resume", 0, 0, 0)
        return self.call("resume", STATUS["not_supported"], 0, 0)

    def call(self, name, *arguments):
        return self._exports[name](self.store, *arguments)

    def put(self, data):
        if data is None:
            return 0, 0
        pointer = self.call("alloc", len(data))
        if pointer == 0:
            raise MemoryError(f"alloc refused {len(data)} bytes")
        self._exports["memory"].write(self.store, data, pointer)
        return pointer, len(data)

    def size(self):
        """Of the memory, in bytes."""
        return self._exports["memory"].data_len(self.store)

    def read(self, pointer, length):
        return bytes(self._exports["memory"].read(self.store, pointer, pointer + length))


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OverflowError:
        return False
    return True
