import type { CoreExports } from "../../hosts/shared/core-module.ts";
import { coreModule } from "./world.ts";

/** An import that the core called and whose outcome it awaits. */
export interface Call {
  readonly name: string;
  readonly op: number;
  readonly pointer: number;
  readonly length: number;
}

/** The core without a driver: every call is recorded, and answered by the test or not at all. */
export class RawCore {
  readonly core: CoreExports;
  readonly calls: Call[] = [];
  now = 1_700_000_000_123;

  constructor(answer?: (call: Call, raw: RawCore) => void) {
    const record =
      (name: string) =>
      (op: number, pointer = 0, length = 0) => {
        const call = { name, op, pointer, length };
        this.calls.push(call);
        answer?.(call, this);
      };
    const group = (...names: string[]) => Object.fromEntries(names.map((name) => [name, record(name)]));
    const instance = new WebAssembly.Instance(coreModule, {
      store: group("stat", "read", "replace", "remove", "set_aside"),
      cipher: group("protect", "unprotect"),
      lock: group("create", "inspect", "take_over", "check", "touch", "release", "wait", "process_alive"),
      clock: { ...group("sleep"), now: () => this.now, random: () => 0.5 },
      session: group("edit"),
      log: { write: () => {} },
    });
    this.core = instance.exports as unknown as CoreExports;
  }

  last(): Call {
    return this.calls.at(-1)!;
  }

  /** Hands over an outcome for the last call and advances. Returns what `poll` did. */
  answer(status: number, payload: Uint8Array = new Uint8Array(0)): number {
    this.core.complete(this.last().op, status, this.put(payload), payload.length);
    return this.core.poll();
  }

  put(bytes: Uint8Array): number {
    const pointer = this.core.alloc(bytes.length);
    new Uint8Array(this.core.memory.buffer).set(bytes, pointer);
    return pointer;
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
