import { copyBytes } from "./copy-bytes.ts";
import type { CoreExports } from "./core-module.ts";
import { PersistenceError } from "./errors.ts";

/** A copy of the result record, 64 bytes of the core's memory. */
export interface CoreResult {
  readonly status: number;
  readonly document: number;
  readonly offset: number;
  readonly flags: number;
  readonly added: number;
  readonly updated: number;
  readonly removed: number;
  readonly conflicts: number;
  readonly waitedMs: number;
  readonly takeOvers: number;
  readonly restarts: number;
  readonly ignored: number;
}

export const FLAG = { unchanged: 1, salvaged: 2, setAside: 4, hasDocument: 8 } as const;

const WORDS = 16;
const decoder = new TextDecoder();

/** The core's memory, seen through views that are renewed when it has grown. */
export class CoreMemory {
  readonly #core: CoreExports;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #words: Uint32Array<ArrayBuffer> = new Uint32Array(0);

  constructor(core: CoreExports) {
    this.#core = core;
  }

  /** Room for `length` bytes in the arena, or 0. */
  reserve(length: number): number {
    return this.#core.alloc(length) >>> 0;
  }

  put(pointer: number, bytes: Uint8Array): void {
    this.#refresh();
    this.#bytes.set(bytes, pointer);
  }

  /** Copies bytes into the arena. */
  write(bytes: Uint8Array, maxBytes: number): number {
    const pointer = bytes.length > maxBytes ? 0 : this.reserve(bytes.length);
    if (pointer === 0) throw new PersistenceError(refusalOf(bytes.length, maxBytes));
    this.put(pointer, bytes);
    return pointer;
  }

  /** A copy: memory may grow or be cleared at the next call of the core. */
  copy(pointer: number, length: number): Uint8Array {
    this.#refresh();
    return copyBytes(this.#bytes.subarray(pointer >>> 0, (pointer >>> 0) + (length >>> 0)));
  }

  text(pointer: number, length: number): string {
    this.#refresh();
    return decoder.decode(this.#bytes.subarray(pointer >>> 0, (pointer >>> 0) + (length >>> 0)));
  }

  result(): CoreResult {
    const at = this.#record();
    const word = (index: number) => this.#words[at + index]!;
    return {
      status: word(0),
      document: word(1),
      offset: word(2),
      flags: word(5),
      added: word(6),
      updated: word(7),
      removed: word(8),
      conflicts: word(9),
      waitedMs: word(12),
      takeOvers: word(13),
      restarts: word(14),
      ignored: word(15),
    };
  }

  /** The document of the result. */
  data(): Uint8Array {
    const at = this.#record();
    return this.copy(this.#words[at + 3]!, this.#words[at + 4]!);
  }

  detailLength(): number {
    return this.#words[this.#record() + 11]!;
  }

  detail(): string {
    const at = this.#record();
    return this.text(this.#words[at + 10]!, this.#words[at + 11]!);
  }

  /** For an instance that is thrown away without a `reset`. */
  wipe(): void {
    this.#refresh();
    this.#bytes.fill(0);
  }

  /** Index of the result record's first word. */
  #record(): number {
    this.#refresh();
    const at = (this.#core.result() >>> 0) / 4;
    if (at + WORDS > this.#words.length) throw new RangeError("The result record lies outside memory.");
    return at;
  }

  #refresh(): void {
    const { buffer } = this.#core.memory;
    if (this.#bytes.buffer === buffer) return;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
  }
}

/** Why `alloc` refused. It leaves room for an envelope, so a document within the limit fails for want of memory only. */
export function refusalOf(length: number, maxBytes: number): "document_too_large" | "out_of_memory" {
  return length > maxBytes ? "document_too_large" : "out_of_memory";
}
