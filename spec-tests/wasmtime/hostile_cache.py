"""
What lies on the disk is hostile: cache files that are mutated documents or random bytes, lock files and leases of any kind, folders and
links in their place. Through core.wasi.wasm on real files, and through the pure functions:

- nothing traps, and what is refused is refused with a status that says what is wrong;
- after a load the file is what it was, or a document; what was set aside is what was there, byte for byte: nothing is lost;
- no file is open to others, and nothing is left beside the cache but what was set aside;
- a commit afterwards succeeds and holds what was committed, unless what is in the way is no file;
- what salvage and merge yield is a document, and merging it with itself changes nothing;
- what inspect says holds none of the secrets.
"""

import json
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

from campaign import require, run
from core import ROOT, STATUS, STATUS_NAME
from wasi import FLAG_SALVAGED, FLAG_SET_ASIDE, FLAG_UNCHANGED, WasiCache

OK = STATUS["ok"]
JSON_ERRORS = {code for name, code in STATUS.items() if name.startswith("json_")} | {STATUS["not_a_cache"]}
MAX_BYTES = 100_000
SECRET = "s3cr3t-do-not-tell"
TOKENS = [b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\\u0000", b"\\ud800", b"null", b"1e999", b"-", b"0" * 400, b"\xff", b"\x00", b"\xef\xbb\xbf", b'"AccessToken":{', b"[" * 70, b'{"a":' * 65]


def document(random):
    def entity(key):
        return {"home_account_id": f"u{key % 3}", "environment": "e", "client_id": f"c{key % 2}", "secret": SECRET, "cached_at": str(key)}

    sections = {name: {f"{name}-{key}": entity(key) for key in range(random.randrange(5))} for name in ("IdToken", "AccessToken", "RefreshToken")}
    sections["Account"] = {f"a{key}": {"home_account_id": f"u{key}", "environment": "e", "username": "ü@x"} for key in range(random.randrange(3))}
    if random.random() < 0.3:
        sections["of somebody else"] = [1, {"deep": [[[]]]}, "\U0001f600"]
    return json.dumps(sections, indent=random.choice([None, 2]), ensure_ascii=random.random() < 0.5).encode()


def mutated(random, data):
    for _ in range(random.randrange(1, 6)):
        start = random.randrange(len(data) + 1)
        end = min(len(data), start + random.choice([1, 2, 8, 100, 1000]))
        data = random.choice(
            [
                lambda: data[:start],
                lambda: data[:start] + data[end:],
                lambda: data[:start] + bytes(end - start) + data[end:],
                lambda: data[:end] + data[start:],
                lambda: data[:start] + random.choice(TOKENS) + data[start:],
                lambda: data[:start] + random.randbytes(end - start) + data[end:],
                lambda: data + data[:start],
            ]
        )()
    return data


def hostile(random):
    return random.choice(
        [
            lambda: mutated(random, document(random)),
            lambda: mutated(random, document(random)),
            lambda: document(random),
            lambda: random.randbytes(random.randrange(300)),
            lambda: random.choice([b"", b" ", b"\x00" * 50, b"{}", b"[]", b"\xef\xbb\xbf{}", b"{" * 2000, b"\xef\xbb\xbf"]),
            lambda: document(random) + b" " * MAX_BYTES * random.choice([1, 3]),
        ]
    )()


class Folder:
    """A folder with a cache in it, and what was done to it."""

    def __init__(self, random):
        self.random = random
        self.path = Path(tempfile.mkdtemp(prefix="msal-extensions-"))
        self.cache = self.path / "cache.json"
        self.lock, self.lease = self.path / "cache.json.lockfile", self.path / "cache.json.lockfile.lock"

    def plant(self):
        """What somebody left in place of the lock. True: nobody gets past it."""
        lock = self.random.choice([self.no_lock, self.no_lock, self.no_lock, self.lock_file, self.lock_folder, self.lock_link])
        lease = self.random.choice([self.no_lock, self.no_lock, self.lease_folder, self.lease_file, self.full_lease])
        return [lock(), lease()]

    def no_lock(self):
        return False

    def lock_file(self):
        self.lock.write_bytes(self.random.choice([b"", b"0", b"4194305 gone", b"\xff\xfe", self.random.randbytes(3000)]))
        age = self.random.choice([0, 5, 40, 10**9])
        os.utime(self.lock, (time.time() - age,) * 2)
        return True  # may well be young enough to be somebody's

    def lock_folder(self):
        self.lock.mkdir()
        return True

    def lock_link(self):
        self.lock.symlink_to(self.random.choice(["nowhere", "cache.json", "cache.json.lockfile"]))
        return True

    def lease_folder(self):
        self.lease.mkdir()
        age = self.random.choice([-(10**6), 9, 60])
        os.utime(self.lease, (time.time() - age,) * 2)
        return False

    def lease_file(self):
        self.lease.write_bytes(b"no folder")
        return True

    def full_lease(self):
        self.lease.mkdir()
        (self.lease / "full").touch()
        return True

    def aside(self):
        return [path for path in self.path.iterdir() if path.name.startswith("cache.json.damaged-")]

    def others(self):
        return [path.name for path in self.path.iterdir() if path != self.cache and path not in self.aside()]


def play_files(random, counts):
    folder = Folder(random)
    try:
        before = hostile(random)
        folder.cache.write_bytes(before)
        folder.cache.chmod(0o600)
        blocked = any(folder.plant())
        planted = sorted(folder.others())
        wasi = WasiCache(folder.cache, timeout_ms=30, max_bytes=MAX_BYTES)
        loaded = wasi.load()
        counts[f"loads: {STATUS_NAME[loaded.status]}"] = counts.get(f"loads: {STATUS_NAME[loaded.status]}", 0) + 1
        check_loaded(folder, before, loaded, blocked)
        if not blocked and loaded.status == OK:
            check_commit(folder, wasi)
        if not blocked:
            require(set(folder.others()) <= set(planted), "left behind:", folder.others())
    finally:
        shutil.rmtree(folder.path)


def check_loaded(folder, before, loaded, blocked):
    allowed = {OK, STATUS["document_too_large"], STATUS["json_too_deep"]}
    if blocked:
        allowed |= {STATUS["lock_timeout"], STATUS["not_a_file"], STATUS["invalid_location"], STATUS["io_error"], STATUS["permission_denied"]}
    require(loaded.status in allowed, "load ended with", STATUS_NAME[loaded.status])
    after = folder.cache.read_bytes()
    if after != before:
        require(isinstance(json.loads(after), dict), "made a document into something else")
        require(loaded.flags & FLAG_SALVAGED, "changed the file without saying so")
    aside = folder.aside()
    require(len(aside) == (1 if loaded.flags & FLAG_SET_ASIDE else 0), "set aside:", aside)
    if aside:
        require(aside[0].read_bytes() == before, "what was set aside is not what was there")
    for path in [folder.cache, *aside]:
        require(stat.S_IMODE(path.stat().st_mode) == 0o600, path.name, "is open to others")
    if loaded.status == OK and loaded.data:
        require(isinstance(json.loads(loaded.data.removeprefix(b"\xef\xbb\xbf")), dict), "loaded what is no document")


def check_commit(folder, wasi):
    ours = b'{"AccessToken":{"ours":{"secret":"' + SECRET.encode() + b'","cached_at":"9999999999"}}}'
    committed = wasi.commit(None, ours)
    require(committed.status == OK, "a commit afterwards ended with", STATUS_NAME[committed.status])
    stored = folder.cache.read_bytes()
    require("ours" in json.loads(stored)["AccessToken"], "what was committed is not there")
    require(stored == committed.data, "another document than was reported")


def play_pure(random, wasi, counts):
    data, ours = hostile(random), document(random)
    merged = wasi.merge(random.choice([None, ours, hostile(random)[:MAX_BYTES]]), ours, data)
    require(merged.status in JSON_ERRORS | {OK, STATUS["document_too_large"]}, "merge ended with", merged.status)
    saved = wasi.salvage(data)
    require(saved.status in {OK, STATUS["document_too_large"], STATUS["json_too_deep"]}, "salvage ended with", saved.status)
    for outcome in (merged, saved):
        if outcome.status == OK:
            require(isinstance(json.loads(outcome.data), dict), "no document")
            again = wasi.merge(outcome.data, outcome.data, outcome.data)
            require(again.flags & FLAG_UNCHANGED and again.data == outcome.data, "merging it with itself changes it")
    inspected = wasi.inspect(data, 1.7e9)
    require(inspected.status in JSON_ERRORS | {OK, STATUS["document_too_large"]}, "inspect ended with", inspected.status)
    require(SECRET.encode() not in inspected.detail or is_account(inspected.detail), "inspect tells a secret")
    counts["documents"] = counts.get("documents", 0) + 1


def is_account(detail):
    """A mutation may move a secret to where accounts, or names of somebody else's members, are."""
    told = json.loads(detail)
    return SECRET in json.dumps([told["accounts"], told["foreign"]])


def play(random):
    counts = {}
    folder = Path(tempfile.mkdtemp(prefix="msal-extensions-"))
    try:
        wasi = WasiCache(folder / "unused.json", max_bytes=MAX_BYTES * 4)
        for _ in range(20):
            play_pure(random, wasi, counts)
    finally:
        shutil.rmtree(folder)
    for _ in range(5):
        play_files(random, counts)
    return counts


run("hostile caches", play)
