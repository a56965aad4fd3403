"""
An embedder of core.wasi.wasm that calls what it likes when it likes: pointers and lengths that mean nothing, answers nobody asked for, answers
twice, never, or with garbage, and operations within operations. On real files:

- nothing traps, and after `reset` the arena is zero;
- the cache is absent, or a document, or (encrypted) an answer of `protect`: nothing else is ever published;
- after `reset` neither lock nor lease nor unfinished file is left, so the next embedder gets in at once.
"""

import json
import shutil
import struct
import tempfile
from pathlib import Path

from campaign import require, run
from core import STATUS
from wasi import FOLDER, MAKE_PRIVATE, PROTECT, WasiCache

STEPS = 60
NUMBERS = [0, 1, 7, 16, 64, 4096, 65536, 2**20, 2**31 - 1, -1, -16]
DOCUMENT = b'{"AccessToken":{"ours":{"secret":"s","cached_at":"100"}}}'


class Round:
    def __init__(self, random, folder):
        self.random, self.folder = random, folder
        self.cache = folder / "cache.json"
        self.wasi = WasiCache(self.cache, timeout_ms=20)
        self.heap = self.wasi.call("alloc", 16)
        self.wasi.call("reset")
        self.protected = set()
        self.counts = {"steps": 0, "requests": 0, "published": 0}
        self.encrypts = False

    def play(self):
        often, seldom = [self.operate, self.answer, self.answer], [self.open, self.identify, self.pure, self.reset]
        actions = [*often * 4, *seldom]
        for _ in range(STEPS):
            self.counts["steps"] += 1
            self.random.choice(actions)()
            self.check_cache()
        self.reset()
        shutil.rmtree(self.folder / "other", ignore_errors=True)
        self.cache.unlink(missing_ok=True)
        honest = WasiCache(self.cache, timeout_ms=0).commit(None, DOCUMENT)
        require(honest.status == STATUS["ok"], "the next embedder does not get in:", honest.status)
        return self.counts

    def number(self):
        return self.random.choice([*NUMBERS, self.random.getrandbits(31)])

    def bytes(self, *usual):
        """Something in the arena, or numbers that mean nothing."""
        if self.random.random() < 0.2:
            return self.number(), self.number()
        try:
            return self.wasi.put(self.random.choice([*usual, self.random.randbytes(self.random.randrange(50))]))
        except MemoryError:
            return 0, 0

    def open(self):
        names = [*["cache.json"] * 10, "../cache.json", "other/cache.json", "\0", ""]
        path = self.bytes(*(f"{FOLDER}{name}".encode() for name in names), b"/etc/passwd")
        flags = self.random.choice([0, 1, 2, 4, 5, 7, 8])
        if self.wasi.call("open", *path, self.random.choice([0, 1000]), self.random.choice([0, 10]), flags) == 0:
            self.encrypts = bool(flags & 1)
            self.cache.unlink(missing_ok=True)

    def identify(self):
        self.wasi.call("identify", self.number(), *self.bytes(b"name", b"na me\n", b"x" * 500, "ü".encode() * 300))

    def operate(self):
        name = self.random.choice(["load", "commit", "commit", "update", "clear"])
        arguments = [*self.bytes(b"{}"), *self.bytes(DOCUMENT, DOCUMENT)] if name == "commit" else []
        self.wasi.call(name, *arguments)

    def pure(self):
        if self.random.random() < 0.5:
            self.wasi.call("merge", *self.bytes(b"{}"), *self.bytes(DOCUMENT), *self.bytes(DOCUMENT))
        else:
            self.wasi.call("salvage", *self.bytes(DOCUMENT[:-3]))

    def answer(self):
        kind, pointer, length, _value = struct.unpack("<4I", self.wasi.read(self.wasi.call("request"), 16))
        if kind:
            self.counts["requests"] += 1
            self.wasi.read(pointer, length)  # raises outside the memory
        if self.random.random() < 0.2:
            self.wasi.call("renew")
        status = self.random.choice([0, 0, 0, 7, 8, self.random.choice(list(STATUS.values())), self.number()])
        answer = (0, 0) if kind == MAKE_PRIVATE else self.bytes(DOCUMENT, DOCUMENT)
        if kind == PROTECT:
            self.protected.add(self.content_of(*answer))
        self.wasi.call("resume", status, *answer)
        if self.random.random() < 0.2:
            again = self.bytes(DOCUMENT)  # may be what the next request wants
            self.protected.add(self.content_of(*again))
            self.wasi.call("resume", 0, *again)

    def content_of(self, pointer, length):
        try:
            return self.wasi.read(pointer, length) if pointer >= 0 and 0 <= length < 2**24 else None
        except IndexError:
            return None

    def reset(self):
        self.wasi.call("reset")
        left = {path.name for path in self.folder.iterdir()} - {"cache.json", "other"}
        left = {name for name in left if not name.startswith("cache.json.damaged-")}
        require(not left, "left behind:", left)
        require(self.wasi.call("alloc", 16) == self.heap, "the arena does not begin where it began")
        self.wasi.call("reset")
        require(not any(self.wasi.read(self.heap, self.wasi.size() - self.heap)), "something is left in the arena")

    def check_cache(self):
        if not self.cache.exists():
            return
        self.counts["published"] += 1
        content = self.cache.read_bytes()
        if self.encrypts:
            require(content in self.protected, "published what `protect` did not answer")
        else:
            require(isinstance(json.loads(content), dict), "published what is no document")


def play(random):
    folder = Path(tempfile.mkdtemp(prefix="msal-extensions-"))
    try:
        return Round(random, folder).play()
    finally:
        shutil.rmtree(folder)


run("a hostile embedder", play)
