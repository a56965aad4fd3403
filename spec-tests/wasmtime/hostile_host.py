"""
A host that answers twice, never, for other calls, with wrong lengths or with garbage, at once or later, whose clock jumps and who calls
back from inside an import. Whatever it does:

- the core does not trap, and is fit for the next operation;
- it writes nowhere but into its arena: what the host put there stays as it was, and after `reset` all of it is zero;
- `store.replace`, `store.remove` and `store.set_aside` are called only while the lock is held, and the first two only directly after
  the lock was checked and found its own. The lock is held from an accepted `ok` of `create` or `take_over` until it is released,
  or is said to be lost;
- what is handed to `store.replace` is a cache document with what the application committed (or, encrypted, exactly what
  `protect` answered);
- an operation that reports success has published that document, or says that it changed nothing;
- every outcome that it refuses is counted.
"""

import json
import math
import struct

from campaign import require, run
from core import STATUS, CompiledCore, Core

OK, LOST = STATUS["ok"], STATUS["lost"]
BUILDS = [CompiledCore("core.wasm"), CompiledCore("core.portable.wasm")]
OPERATIONS = 12
CALLS_MAX = 120
STATUSES = [*STATUS.values(), 9, 19, 95, 200, 0x7FFFFFFF, -1]
CANARY = b"\xc5" * 48
WORK = ["commit", "commit", "commit", "update", "clear", "load", "lock", "unlock", "renew"]
PUBLISHING = ("store.replace", "store.remove")
#: Outcomes that mean something for the call, besides `ok`.
USUAL = {
    "store.stat": ["not_found"],
    "store.read": ["not_found"],
    "store.replace": ["lost", "disk_full"],
    "store.remove": ["not_found"],
    "lock.create": ["exists"],
    "lock.inspect": ["not_found"],
    "lock.take_over": ["busy", "changed"],
    "lock.check": ["lost"],
    "lock.touch": ["lost"],
    "lock.process_alive": ["alive", "dead"],
    "session.edit": ["callback_failed"],
    "cipher.protect": ["protect_failed"],
    "cipher.unprotect": ["unprotect_failed", "key_not_found"],
}


def token(key, **fields):
    return {"AccessToken": {key: {"secret": f"secret of {key}", "cached_at": "100", **fields}}}


def to_json(value):
    return json.dumps(value).encode()


class Round:
    """One instance and a host for it."""

    def __init__(self, random):
        self.random = random
        self.core = Core(random.choice(BUILDS), self.called)
        self.core.configure(1 << 20, random.choice([0, 100, 10_000, -1]), random.getrandbits(63))
        self.heap = self.core.alloc(16)
        self.core.reset()
        self.counts = dict.fromkeys(["operations", "calls", "refused outcomes", "commits published"], 0)
        self.guarded = []
        self.pending = None
        self.held = self.checked = False
        self.hostility = random.choice([0, 0.005, 0.02, 0.05, 0.2])
        self.begin(False)

    def begin(self, encrypts):
        self.ours, self.encrypts = None, encrypts
        self.protected = self.attempt = self.published = None
        self.parted = False
        self.calls = 0

    # What the core asks of its host.

    def called(self, call):
        self.counts["calls"] += 1
        self.calls += 1
        self.pending = call
        self.turn_clock()
        if call.name in PUBLISHING:
            require(self.held and self.checked, call.name, "without a lock just checked")
        if call.name == "store.set_aside":
            require(self.held, "set aside without the lock")
        if call.name == "store.replace":
            self.attempt = call.data
            self.examine(call.data)
        self.checked = False
        if call.name == "lock.release":
            self.part()
        if self.chance(0.3):
            self.meddle()
        if self.chance(0.5):
            self.answer()

    def examine(self, content):
        if self.encrypts:
            require(content == self.protected, "published what the cipher did not answer")
            return
        document = json.loads(content)
        require(isinstance(document, dict), "published what is no cache")
        if self.ours:
            require(set(self.ours["AccessToken"]) <= set(document["AccessToken"]), "published without what was committed")

    def turn_clock(self):
        core, random = self.core, self.random
        core.now += random.choice([0, 0, 1, 30, 900, 1100, 9_000])
        if self.is_hostile():
            core.now = random.choice([0.0, -1e300, 1e300, math.nan, math.inf, 1_700_000_000_123.0])
        if not math.isfinite(core.now):
            core.now = random.choice([core.now, 1_700_000_000_123.0])
        core.random = random.choice([math.nan, math.inf, -1.0, 1.0, 1e300]) if self.is_hostile() else random.random()

    def meddle(self):
        """From inside an import nothing may be started, polled or reset."""
        core = self.core
        for name in self.random.sample(["reset", "poll", "load", "update", "lock"], 2):
            if self.is_hostile():
                getattr(core, name)()

    # What the host answers.

    def answer(self):
        call = self.pending
        if call is None:
            return
        if self.is_hostile() and self.chance(0.2):
            return  # never, or later
        status, payload = self.usual(call)
        if self.is_hostile():
            status = self.random.choice(STATUSES)
        if self.is_hostile():
            payload = self.spoil(payload)
        pointer, length = self.put(payload)
        op = call.op
        if self.is_hostile():
            op = self.random.choice([op - 1, op + 1, 0, self.random.getrandbits(31)])
        if self.is_hostile():
            pointer, length = self.elsewhere(pointer, length)
        self.complete(call, op, status, pointer, length)
        if self.is_hostile():
            self.complete(call, op, self.random.choice(STATUSES), *self.put(self.random.randbytes(40)))

    def complete(self, call, op, status, pointer, length):
        ignored = self.core.words()[15]
        self.core.complete(op, status, pointer, length)
        if self.core.words()[15] != ignored:
            self.counts["refused outcomes"] += 1
            return
        require(self.pending is call and op == call.op, "accepted an outcome of another call, or a second one")
        self.pending = None
        self.note(call, status, pointer, length)

    def note(self, call, status, pointer, length):
        """The core has accepted it: what the lock's owner, and the publisher, may conclude."""
        if call.name in ("lock.create", "lock.take_over") and status == OK:
            self.held = True
        if call.name in ("lock.check", "lock.touch", "store.replace") and status == LOST:
            self.part()
        if call.name == "lock.check" and status == OK:
            self.checked = self.held
        if call.name == "cipher.protect" and status == OK:
            self.protected = self.core.read(pointer, length) if length else b""
        if call.name == "store.replace" and status == OK:
            self.published = self.attempt
            self.counts["commits published"] += 1

    def part(self):
        """The lock is released, or lost."""
        self.held, self.parted = False, True

    def usual(self, call):
        status = STATUS[self.random.choice(USUAL[call.name])] if call.name in USUAL and self.chance(0.25) else OK
        return status, self.payload(call) if status == OK else b""

    def payload(self, call):
        version = struct.pack("<3Q", self.random.choice([0, 1, 1_700_000_000, self.random.getrandbits(62)]), 10, 7)
        if call.name in ("store.stat", "store.replace"):
            return version
        if call.name == "store.read":
            return version + bytes(8) + self.stored()
        if call.name == "lock.inspect":
            return self.inspection()
        if call.name == "cipher.unprotect":
            return self.stored()
        if call.name == "cipher.protect":
            return bytes(byte ^ 0x55 for byte in call.data)
        if call.name == "session.edit":
            self.ours = token("edited")
            return to_json(self.ours)
        return b""

    def stored(self):
        whole = to_json({**token(self.random.choice("abc")), "Account": {"x": {"home_account_id": "x"}}})
        return self.random.choice([whole, whole, whole, b"", b"{}", b"[]", whole[:-9], whole + b"}", b"\xff" + whole])

    def inspection(self):
        now, random = self.core.now, self.random
        modified, lease = now - random.choice([0, 5_000, 40_000]), random.choice([math.nan, now, now - 9_000])
        content = random.choice([b"", b"123 x", b"{7} {go}", b"99999999999 x", b"\xff\x00", b"5"])
        return struct.pack("<QddQII", 9, modified, lease, len(content), random.choice([0, 0, 0, 1]), len(content)) + content

    def spoil(self, payload):
        random = self.random
        cut = payload[: random.randrange(len(payload) + 1)]
        longer = payload + random.randbytes(random.randrange(60))
        return random.choice([cut, longer, random.randbytes(random.randrange(100)), b"\xff" * 40, bytes(24)])

    def elsewhere(self, pointer, length):
        random = self.random
        return random.choice(
            [(0, length or 1), (pointer, 0x7FFFFFFF), (-16, 64), (8, 100), (random.getrandbits(31), random.getrandbits(20)), (pointer, -1)]
        )

    # The operations.

    def operate(self):
        self.counts["operations"] += 1
        encrypts = self.chance(0.3)
        self.core.configure_cipher(1 if encrypts else 0)
        self.begin(encrypts)
        name = self.random.choice(WORK)
        held_before = self.held
        if self.start(name) == OK:
            inputs = list(self.guarded)
            ended = self.advance()
            for at, block in inputs:
                require(self.core.read(at, len(block)) == block, "what the host handed in was written to")
            if ended:
                self.check_result(name, held_before)
            else:
                self.held = held_before and not self.parted
        self.core.reset()
        self.after_reset()

    def start(self, name):
        if name != "commit":
            return getattr(self.core, name)()
        self.ours = token(self.random.choice("abcd"), cached_at="200")
        base = self.put(self.random.choice([None, b"{}", to_json(token("a")), b"garbage"]))
        ours = self.put(to_json(self.ours))
        if self.is_hostile():
            base, self.ours = self.elsewhere(*base), None
        if self.is_hostile():
            ours, self.ours = self.elsewhere(*ours), None
        return self.core.commit(*base, *ours, self.random.getrandbits(1))

    def advance(self):
        """True: it ended. False: the host never answered, or had enough of it."""
        while self.calls < CALLS_MAX:
            if self.core.poll() == 1:
                return True
            if self.pending is not None:
                self.answer()
                if self.pending is not None and self.chance(0.05):
                    return False
        return False

    def check_result(self, name, held_before):
        words = self.core.words()
        status, flags = words[0], words[5]
        size = len(self.core.read(*words[3:5])) + len(self.core.read(*words[10:12]))
        require(size == words[4] + words[11], "a result outside the memory")
        if name in ("commit", "update") and status == OK:
            require(flags & 1 or self.published is not None, "success without anything published")
            if self.published is not None and not flags & 1 and not self.encrypts:
                data = self.core.read(words[3], words[4])
                require(data == self.published, "reported another document than was published")
        if status >= STATUS["io_error"]:
            require(words[4] == 0, "a failure with a document")
        if name in ("lock", "renew") and status == OK:
            require(self.held, "says that it holds a lock that it does not")
        elif not held_before:
            require(not self.held, "ended with a lock in its hands")

    def after_reset(self):
        self.pending, self.guarded, self.checked = None, [], False
        core = self.core
        require(core.alloc(16) == self.heap, "the arena does not begin where it began")
        core.reset()
        require(not any(core.read(self.heap, core.size() - self.heap)), "something is left in the arena")

    # The arena.

    def put(self, data):
        """The bytes between canaries."""
        if data is None:
            return 0, 0
        for block in (CANARY, data, CANARY):
            at = self.core.alloc(len(block))
            require(at, "alloc refused", len(block))
            self.core.write(at, block)
            self.guarded.append((at, block))
        at, block = self.guarded[-2]
        return at, len(block)

    def chance(self, probability):
        return self.random.random() < probability

    def is_hostile(self):
        return self.random.random() < self.hostility

    def play(self):
        for _ in range(OPERATIONS):
            self.operate()
        self.still_fit()
        return self.counts

    def still_fit(self):
        """Afterwards an honest host gets an honest commit."""
        self.hostility = 0
        self.core.now = 1_800_000_000_000.0
        self.core.configure(1 << 20, 10_000, 1)
        self.core.configure_cipher(0)
        self.core.unlock()
        self.core.on_call = self.honest
        while self.core.poll() == 0:
            pass
        self.core.reset()
        calls = []
        self.core.on_call = lambda call: (calls.append(call.name), self.honest(call))
        ours = self.core.put(to_json(token("last")))
        require(self.core.commit(0, 0, *ours, 0) == OK, "refuses to start")
        while self.core.poll() == 0:
            pass
        require(self.core.words()[0] == OK and "store.replace" in calls, "is not fit for another commit", calls)

    def honest(self, call):
        missing = call.name in ("store.stat", "store.read")
        payload = struct.pack("<3Q", 5, 5, 5) if call.name == "store.replace" else b""
        pointer, length = self.core.put(payload)
        self.core.complete(call.op, STATUS["not_found"] if missing else OK, pointer, length)


run("a hostile host", lambda random: Round(random).play())
