import { PersistenceError } from "../errors/persistence-error.ts";
import { copyBytes } from "../values/copy-bytes.ts";
import type { CoreExports } from "./core-module.ts";

/** A copy of the result record, 64 bytes of the core's memory. */
export interface CoreResult {
  readonly status: number;
  readonly document: number;
  readonly offset: number;
  readonly data: number;
  readonly dataLength: number;
  readonly flags: number;
  readonly added: number;
  readonly updated: number;
  readonly removed: number;
  readonly conflicts: number;
  readonly detail: number;
  readonly detailLength: number;
  readonly waitedMs: number;
  readonly takeOvers: number;
  readonly restarts: number;
  readonly ignored: number;
}

export const FLAG = { unchanged: 1, salvaged: 2, setAside: 4, hasDocument: 8 } as const;

/** Room for so many bytes that will all be written. */
export type TakeRoom = (length: number) => Uint8Array<ArrayBuffer>;

const WORD = 4;
const decoder = new TextDecoder();

/**
 * The core's memory, seen through views that are renewed when it has grown. Its words are little-endian on every
 * machine, an array of words has the order of the machine: on s390x the core stopped at the first result.
 */
export class CoreMemory {
  readonly core: CoreExports;
  #bytes: Uint8Array<ArrayBuffer>;
  #words: DataView<ArrayBuffer>;

  constructor(core: CoreExports) {
    const { buffer } = core.memory;
    this.core = core;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new DataView(buffer);
  }

  /** Room for `length` bytes in the arena, or 0. */
  reserve(length: number): number {
    return this.core.alloc(length) >>> 0;
  }

  put(pointer: number, bytes: Uint8Array): void {
    if (this.#bytes.length === 0) this.#renew();
    this.#bytes.set(bytes, pointer);
  }

  /** Copies bytes into the arena. 0: there are none. */
  write(bytes: Uint8Array | undefined, maxBytes: number): number {
    if (bytes === undefined) return 0;
    const pointer = bytes.length > maxBytes ? 0 : this.core.alloc(bytes.length) >>> 0;
    if (pointer === 0) throw new PersistenceError(refusalOf(bytes.length, maxBytes));
    if (this.#bytes.length === 0) this.#renew();
    this.#bytes.set(bytes, pointer);
    return pointer;
  }

  /** A copy: memory may grow or be cleared at the next call of the core. */
  copy(pointer: number, length: number): Uint8Array {
    if (this.#bytes.length === 0) this.#renew();
    return copyBytes(this.#bytes, pointer >>> 0, (pointer >>> 0) + (length >>> 0));
  }

  copyTo(room: Uint8Array, pointer: number): Uint8Array {
    if (this.#bytes.length === 0) this.#renew();
    room.set(this.#bytes.subarray(pointer, pointer + room.length));
    return room;
  }

  text(pointer: number, length: number): string {
    return decoder.decode(this.view(pointer >>> 0, length >>> 0));
  }

  result(): CoreResult {
    if (this.#bytes.length === 0) this.#renew();
    const words = this.#words;
    const at = this.core.result() >>> 0;
    return {
      status: words.getUint32(at, true),
      document: words.getUint32(at + 1 * WORD, true),
      offset: words.getUint32(at + 2 * WORD, true),
      data: words.getUint32(at + 3 * WORD, true),
      dataLength: words.getUint32(at + 4 * WORD, true),
      flags: words.getUint32(at + 5 * WORD, true),
      added: words.getUint32(at + 6 * WORD, true),
      updated: words.getUint32(at + 7 * WORD, true),
      removed: words.getUint32(at + 8 * WORD, true),
      conflicts: words.getUint32(at + 9 * WORD, true),
      detail: words.getUint32(at + 10 * WORD, true),
      detailLength: words.getUint32(at + 11 * WORD, true),
      waitedMs: words.getUint32(at + 12 * WORD, true),
      takeOvers: words.getUint32(at + 13 * WORD, true),
      restarts: words.getUint32(at + 14 * WORD, true),
      ignored: words.getUint32(at + 15 * WORD, true),
    };
  }

  /** The bytes where they stand: until memory grows or is cleared. */
  view(pointer: number, length: number): Uint8Array {
    if (this.#bytes.length === 0) this.#renew();
    return this.#bytes.subarray(pointer, pointer + length);
  }

  /** Where the document of a result in pieces begins: a list of pointers and lengths. */
  firstPiece({ data }: CoreResult): number {
    if (this.#bytes.length === 0) this.#renew();
    return this.#word(data);
  }

  /** The document of such a result, in room that is asked for. */
  gather({ data, dataLength }: CoreResult, take: TakeRoom): Uint8Array {
    if (this.#bytes.length === 0) this.#renew();
    const end = data + 2 * WORD * dataLength;
    let length = 0;
    for (let piece = data; piece < end; piece += 2 * WORD) length += this.#word(piece + WORD);
    const document = take(length);
    let at = 0;
    for (let piece = data; piece < end; piece += 2 * WORD) {
      const start = this.#word(piece);
      const size = this.#word(piece + WORD);
      document.set(this.#bytes.subarray(start, start + size), at);
      at += size;
    }
    return document;
  }

  detail({ detail, detailLength }: CoreResult): string {
    return this.text(detail, detailLength);
  }

  /** For an instance that is thrown away without a `reset`. */
  wipe(): void {
    if (this.#bytes.length === 0) this.#renew();
    this.#bytes.fill(0);
  }

  /**
   * Memory that has grown is another buffer; of the old one nothing is left. Whoever calls this has looked: most
   * processes never need it, and V8 then never compiles it (docs/measurements.md, "The first merge").
   */
  #renew(): void {
    const { buffer } = this.core.memory;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new DataView(buffer);
  }

  #word(at: number): number {
    return this.#words.getUint32(at, true);
  }
}

/**
 * Why `alloc` refused. It leaves room for an envelope, so a document within the limit fails for want of memory only.
 */
export function refusalOf(length: number, maxBytes: number): "document_too_large" | "out_of_memory" {
  return length > maxBytes ? "document_too_large" : "out_of_memory";
}
