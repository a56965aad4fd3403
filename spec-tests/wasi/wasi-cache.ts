import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import process from "node:process";
import { WASI } from "node:wasi";
import { STATUS } from "../../hosts/shared/errors/status.ts";

/** `dist` is where this is compiled to, and beside the sources. */
const dist = new URL(import.meta.url.includes("/dist/") ? "../../" : "../../dist/", import.meta.url);
const module = new WebAssembly.Module(readFileSync(new URL("core.wasi.wasm", dist)));

const REQUEST = { protect: 1, unprotect: 2, edit: 3, processAlive: 4, makePrivate: 5 } as const;
export const OPEN = { protected: 1, processes: 2, private: 4 } as const;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  wasi_version(): number;
  abi_version(): number;
  alloc(length: number): number;
  reset(): void;
  open(path: number, length: number, maxBytes: number, timeoutMs: number, flags: number): number;
  identify(pid: number, name: number, length: number): number;
  load(): number;
  commit(base: number, baseLength: number, ours: number, oursLength: number): number;
  update(): number;
  clear(): number;
  request(): number;
  resume(status: number, pointer: number, length: number): number;
  renew(): number;
  result(): number;
}

/** What an embedder answers; whatever is missing is not offered. */
export interface Answers {
  protect?(content: Uint8Array): Uint8Array | number;
  unprotect?(content: Uint8Array): Uint8Array | number;
  edit?(content: Uint8Array): Uint8Array | number;
  processAlive?(pid: number): number;
  makePrivate?(path: string): number;
}

export interface WasiOutcome {
  readonly status: number;
  readonly flags: number;
  readonly data: Uint8Array;
  readonly detail: string;
  readonly takeOvers: number;
  readonly restarts: number;
}

export interface WasiOptions {
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly flags?: number;
  /** As whom it writes itself into the lock file; 0: not at all. */
  readonly pid?: number;
  readonly answers?: Answers;
  /** Functions of WASI's in place of the engine's. */
  readonly engine?: (engine: Engine) => Partial<Engine>;
}

/** What an engine supplies, by name: each returns an errno. */
export type Engine = Record<string, (...values: never[]) => number>;

/** An embedder of core.wasi.wasm on node:wasi, no more than docs/wasi.md demands of one. */
export class WasiCache {
  readonly core: Exports;
  readonly #answers: Answers;
  readonly opened: number;

  /** Opens the cache at `location`, whose folder is all that the module gets to see. */
  constructor(location: string, options: WasiOptions = {}) {
    const { timeoutMs = 0xffffffff, maxBytes = 0, flags = 0, pid = process.pid, answers = {}, engine } = options;
    const wasi = new WASI({ version: "preview1", preopens: { "/cache": dirname(location) }, returnOnExit: true });
    const preview1 = wasi.wasiImport as Engine;
    const instance = new WebAssembly.Instance(module, {
      wasi_snapshot_preview1: { ...preview1, ...engine?.(preview1) },
    });
    wasi.initialize(instance);
    this.core = instance.exports as unknown as Exports;
    this.#answers = answers;
    this.opened = this.core.open(...this.#put(`/cache/${basename(location)}`), maxBytes, timeoutMs, flags);
    this.core.reset();
    if (pid === 0 || this.opened !== 0) return;
    this.core.identify(pid, ...this.#put("node wasi"));
    this.core.reset();
  }

  load(): WasiOutcome {
    return this.#run(this.core.load());
  }

  commit(base: string | undefined, ours: string): WasiOutcome {
    return this.#run(this.core.commit(...this.#put(base), ...this.#put(ours)));
  }

  update(): WasiOutcome {
    return this.#run(this.core.update());
  }

  clear(): WasiOutcome {
    return this.#run(this.core.clear());
  }

  #run(state: number): WasiOutcome {
    while (state === 1) state = this.#answer();
    const record = this.core.result();
    const word = (index: number) => this.#view().getUint32(record + index * 4, true);
    const outcome = {
      status: word(0),
      flags: word(5),
      data: this.#copy(word(3), word(4)),
      detail: new TextDecoder().decode(this.#copy(word(10), word(11))),
      takeOvers: word(13),
      restarts: word(14),
    };
    this.core.reset();
    return outcome;
  }

  #answer(): number {
    const at = this.core.request();
    const [kind, pointer, length, value] = [0, 4, 8, 12].map((offset) => this.#view().getUint32(at + offset, true)) as [
      number,
      number,
      number,
      number,
    ];
    const answer = this.#ask(kind, this.#copy(pointer, length), value);
    return typeof answer === "number" ? this.core.resume(answer, 0, 0) : this.core.resume(0, ...this.#put(answer));
  }

  #ask(kind: number, bytes: Uint8Array, value: number): Uint8Array | number {
    const { protect, unprotect, edit, processAlive, makePrivate } = this.#answers;
    const absent = STATUS.not_supported;
    if (kind === REQUEST.protect) return protect?.(bytes) ?? absent;
    if (kind === REQUEST.unprotect) return unprotect?.(bytes) ?? absent;
    if (kind === REQUEST.edit) return edit?.(bytes) ?? absent;
    if (kind === REQUEST.processAlive) return processAlive?.(value) ?? absent;
    if (kind === REQUEST.makePrivate) return makePrivate?.(new TextDecoder().decode(bytes)) ?? absent;
    throw new Error(`There is no request of kind ${kind}.`);
  }

  #put(content: Uint8Array | string | undefined): [pointer: number, length: number] {
    if (content === undefined) return [0, 0];
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const pointer = this.core.alloc(bytes.length);
    if (pointer === 0) throw new Error("alloc refused");
    new Uint8Array(this.core.memory.buffer).set(bytes, pointer);
    return [pointer, bytes.length];
  }

  #copy(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.core.memory.buffer).slice(pointer, pointer + length);
  }

  #view(): DataView {
    return new DataView(this.core.memory.buffer);
  }
}
