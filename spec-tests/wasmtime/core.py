"""The core under wasmtime, with a host interface (docs/host-interface.md) whose every answer is the caller's."""

import json
import struct
from pathlib import Path

from wasmtime import Engine, Func, FuncType, Instance, Linker, Module, Store, ValType

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_MAX_BYTES = 64 << 20

NOTHING, VALUE, BYTES = "nothing", "value", "bytes"
#: The asynchronous imports and what each is given.
IMPORTS = {
    "store": {"stat": NOTHING, "read": NOTHING, "replace": BYTES, "remove": NOTHING, "set_aside": NOTHING},
    "cipher": {"protect": BYTES, "unprotect": BYTES},
    "lock": {
        "create": NOTHING,
        "inspect": NOTHING,
        "take_over": BYTES,
        "check": NOTHING,
        "touch": NOTHING,
        "release": NOTHING,
        "wait": VALUE,
        "process_alive": VALUE,
    },
    "clock": {"sleep": VALUE},
    "session": {"edit": BYTES},
}

_TABLE = json.loads((ROOT / "core-wasm/errors.json").read_text())
STATUS = {entry["name"]: entry["code"] for entry in _TABLE["codes"]}
STATUS_NAME = {code: name for name, code in STATUS.items()}


class Call:
    """A capability call: its operation id, and the number or the bytes (copied) it was given."""

    def __init__(self, name, op, value=None, data=None):
        self.name, self.op, self.value, self.data = name, op, value, data


class CompiledCore:
    """A build of the core, compiled once; instances are cheap."""

    def __init__(self, name):
        self.engine = Engine()
        self.module = Module.from_file(self.engine, str(ROOT / "dist" / name))


class Core:
    """An instance. `on_call` hears of each capability call from inside the import, `on_log` of each log entry."""

    def __init__(self, compiled, on_call=lambda call: None, on_log=lambda code: None):
        self.store = Store(compiled.engine)
        self.on_call, self.on_log = on_call, on_log
        self.now, self.random = 1_700_000_000_123, 0.5
        instance = Instance(self.store, compiled.module, [self._function(one) for one in compiled.module.imports])
        self._exports = instance.exports(self.store)
        self._memory = self._exports["memory"]

    def __getattr__(self, name):
        function = self._exports[name]
        return lambda *arguments: function(self.store, *arguments)

    def _function(self, imported):
        i32, f64 = ValType.i32(), ValType.f64()
        group, name = imported.module, imported.name
        if group == "clock" and name in ("now", "random"):
            return Func(self.store, FuncType([], [f64]), lambda: float(getattr(self, name)))
        if group == "log":
            return Func(self.store, FuncType([i32] * 4, []), lambda _level, code, _pointer, _length: self.on_log(code))
        kind = IMPORTS[group][name]

        def called(op, first, second):
            value = first & 0xFFFFFFFF if kind == VALUE else None
            data = self.read(first, second) if kind == BYTES else None
            self.on_call(Call(f"{group}.{name}", op, value, data))

        return Func(self.store, FuncType([i32] * 3, []), called)

    def size(self):
        """Of the memory, in bytes."""
        return self._memory.data_len(self.store)

    def read(self, pointer, length):
        pointer, length = pointer & 0xFFFFFFFF, length & 0xFFFFFFFF
        return bytes(self._memory.read(self.store, pointer, pointer + length))

    def write(self, pointer, data):
        self._memory.write(self.store, data, pointer & 0xFFFFFFFF)

    def put(self, data):
        """Room in the arena that holds these bytes; (0, 0) for none."""
        if data is None:
            return 0, 0
        pointer = self.alloc(len(data))
        if pointer == 0:
            raise MemoryError(f"alloc refused {len(data)} bytes")
        self.write(pointer, data)
        return pointer, len(data)

    def record(self):
        return self.read(self.result(), 64)

    def words(self):
        return struct.unpack("<16I", self.record())

    def outcome(self):
        """The result record, the data and the detail it points to."""
        words = self.words()
        return self.record(), self.read(words[3], words[4]), self.read(words[10], words[11])
