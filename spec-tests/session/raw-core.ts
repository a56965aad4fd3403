import type { CoreExports, CoreModule } from "../../hosts/shared/core/core-module.ts";

/** An import that the core called and whose outcome it awaits. */
export interface Call {
  /** `module.name` as in docs/host-interface.md. */
  readonly name: string;
  readonly op: number;
  /** The number it was given: microseconds, or a process. */
  readonly value?: number;
  /** The bytes it was given, copied. */
  readonly bytes?: Uint8Array;
}

type Arguments = "nothing" | "value" | "bytes";

/** The asynchronous imports and what each is given. The one place of the tests that knows them. */
const IMPORTS: Readonly<Record<string, Readonly<Record<string, Arguments>>>> = {
  store: { stat: "nothing", read: "nothing", replace: "bytes", remove: "nothing", set_aside: "nothing" },
  cipher: { protect: "bytes", unprotect: "bytes" },
  lock: {
    create: "nothing",
    inspect: "nothing",
    take_over: "bytes",
    check: "nothing",
    touch: "nothing",
    release: "nothing",
    wait: "value",
    process_alive: "value",
  },
  clock: { sleep: "value" },
  session: { edit: "bytes" },
};

/** The core without a driver: every call is recorded, and answered by the test or not at all. */
export class RawCore {
  readonly core: CoreExports;
  readonly calls: Call[] = [];
  now = 1_700_000_000_123;
  random = 0.5;

  constructor(
    module: CoreModule,
    answer: (call: Call, raw: RawCore) => void = () => {},
    log: (code: number) => void = () => {},
  ) {
    const record = (call: Call) => {
      this.calls.push(call);
      answer(call, this);
    };
    const imports = Object.fromEntries(
      Object.entries(IMPORTS).map(([group, names]) => [group, this.#group(group, names, record)]),
    );
    Object.assign(imports.clock!, { now: () => this.now, random: () => this.random });
    const instance = new WebAssembly.Instance(module, {
      ...imports,
      log: { write: (_level: number, code: number) => log(code) },
    });
    this.core = instance.exports as unknown as CoreExports;
  }

  #group(group: string, names: Readonly<Record<string, Arguments>>, record: (call: Call) => void) {
    const recorder = (name: string, kind: Arguments) => (op: number, first: number, length: number) => {
      const call = { name: `${group}.${name}`, op };
      if (kind === "value") record({ ...call, value: first >>> 0 });
      else if (kind === "bytes") record({ ...call, bytes: this.bytes(first >>> 0, length >>> 0) });
      else record(call);
    };
    return Object.fromEntries(Object.entries(names).map(([name, kind]) => [name, recorder(name, kind)]));
  }

  last(): Call {
    return this.calls.at(-1)!;
  }

  /** Hands over an outcome for the last call. */
  complete(status: number, payload: Uint8Array = new Uint8Array(0)): void {
    this.core.complete(this.last().op, status, this.put(payload), payload.length);
  }

  /** As `complete`, and advances. Returns what `poll` did. */
  answer(status: number, payload?: Uint8Array): number {
    this.complete(status, payload);
    return this.core.poll();
  }

  put(bytes: Uint8Array): number {
    const pointer = this.core.alloc(bytes.length);
    new Uint8Array(this.core.memory.buffer).set(bytes, pointer);
    return pointer;
  }

  /** A copy. */
  bytes(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.core.memory.buffer).slice(pointer, pointer + length);
  }

  word(index: number): number {
    return new DataView(this.core.memory.buffer).getUint32(this.core.result() + index * 4, true);
  }

  status(): number {
    return this.word(0);
  }

  ignored(): number {
    return this.word(15);
  }
}

/** The outcome of a read: a version, 8 bytes of zero, content. */
export function readOutcome(content: Uint8Array, mtimeMs: number): Uint8Array {
  const bytes = new Uint8Array(32 + content.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(mtimeMs) * 1_000_000n, true);
  view.setBigUint64(8, BigInt(content.length), true);
  view.setBigUint64(16, 7n, true);
  bytes.set(content, 32);
  return bytes;
}
