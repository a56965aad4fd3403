import { PersistenceError } from "../errors/persistence-error.ts";
import { STATUS } from "../errors/status.ts";
import { locate } from "../errors/thrown.ts";
import { roomFor } from "../values/copy-bytes.ts";
import { CoreMemory, type TakeRoom } from "./core-memory.ts";
import { type CoreImports, type CoreModule, instantiate } from "./core-module.ts";
import { failureOf } from "./error-messages.ts";
import { DOCUMENT, followDocument, WINDOW } from "./follow-document.ts";
import { mergeOutcome } from "./outcome-readers.ts";
import type { Inspection, MergeOutcome, SalvageOutcome } from "./outcomes.ts";
import { limitOf, type SessionLimits } from "./session-limits.ts";

export interface CacheMergerOptions extends Pick<SessionLimits, "maxBytes"> {
  /** Where the result of a merge goes; into fresh memory unless told otherwise. */
  readonly take?: TakeRoom;
  /** The cache that errors are about. */
  readonly location?: string;
}

/** The pure part of the core: merges, salvages and inspects documents, at once. Touches no store and no lock. */
export class CacheMerger {
  readonly #module: CoreModule;
  readonly #maxBytes: number;
  readonly #take: TakeRoom;
  readonly #location: string | undefined;
  #memory: CoreMemory | undefined;

  constructor(module: CoreModule, options: CacheMergerOptions = {}) {
    this.#module = module;
    this.#maxBytes = limitOf("maxBytes", options);
    this.#take = options.take ?? roomFor;
    this.#location = options.location;
  }

  /**
   * docs/merge.md. `undefined`: there is none. The arguments are only read; where nothing changes, `content` is
   * theirs itself. Where base is the same object as theirs it costs next to nothing: so it is with what has
   * changed while a commit was under way.
   */
  merge(base: Uint8Array | undefined, ours: Uint8Array, theirs: Uint8Array | undefined): MergeOutcome {
    const memory = this.#memory ?? this.#open();
    try {
      if (theirs !== undefined && theirs.length >= WORTH_FOLLOWING) return this.#mergeLarge(memory, base, ours, theirs);
      const theirsAt = memory.write(theirs, this.#maxBytes);
      const oursAt = memory.write(ours, this.#maxBytes);
      const baseAt = base === theirs ? theirsAt : memory.write(base, this.#maxBytes);
      const { core } = memory;
      const status = core.merge(baseAt, base?.length ?? 0, oursAt, ours.length, theirsAt, theirs?.length ?? 0);
      if (status !== STATUS.ok) throw this.#refusal(memory);
      const result = memory.result();
      const isTheirs = result.data === theirsAt;
      return mergeOutcome(
        result,
        memory,
        isTheirs ? theirs! : memory.copyTo(this.#take(result.dataLength), result.data),
      );
    } catch (error) {
      throw this.#located(error);
    } finally {
      this.#memory?.core.reset();
    }
  }

  /** Most of ours and base is the same as theirs, and need not enter the core's memory. */
  #mergeLarge(memory: CoreMemory, base: Uint8Array | undefined, ours: Uint8Array, theirs: Uint8Array): MergeOutcome {
    const { core } = memory;
    const theirsAt = memory.write(theirs, this.#maxBytes);
    if (Math.max(ours.length, base?.length ?? 0) > this.#maxBytes) throw new PersistenceError("document_too_large");
    if (core.begin_merge(theirsAt, theirs.length) !== STATUS.ok) throw this.#refusal(memory);
    const window = memory.reserve(WINDOW);
    if (window === 0) throw new PersistenceError("out_of_memory");
    const followed = { original: theirs, at: theirsAt, length: theirs.length, window };
    followDocument(core, memory, DOCUMENT.ours, ours, followed);
    if (base !== undefined) followDocument(core, memory, DOCUMENT.base, base, followed);
    if (core.end_merge() !== STATUS.ok) throw this.#refusal(memory);
    const result = memory.result();
    const isTheirs = memory.firstPiece(result) === theirsAt;
    return mergeOutcome(result, memory, isTheirs ? theirs : memory.gather(result, this.#take));
  }

  /** Whatever was complete in these bytes before the damage. */
  salvage(content: Uint8Array): SalvageOutcome {
    const memory = this.#memory ?? this.#open();
    try {
      const status = memory.core.salvage(memory.write(content, this.#maxBytes), content.length);
      if (status !== STATUS.ok) throw this.#refusal(memory);
      const { data, dataLength } = memory.result();
      return { content: memory.copy(data, dataLength) };
    } catch (error) {
      throw this.#located(error);
    } finally {
      this.#memory?.core.reset();
    }
  }

  /** What a document holds, without secrets. */
  inspect(content: Uint8Array, nowSeconds: number): Inspection {
    const memory = this.#memory ?? this.#open();
    try {
      const status = memory.core.inspect(memory.write(content, this.#maxBytes), content.length, nowSeconds);
      if (status !== STATUS.ok) throw this.#refusal(memory);
      return JSON.parse(memory.detail(memory.result())) as Inspection;
    } catch (error) {
      throw this.#located(error);
    } finally {
      this.#memory?.core.reset();
    }
  }

  /** Lets go of memory, which is as large as the largest documents were. A later call gets a fresh instance. */
  close(): void {
    this.#memory?.wipe();
    this.#memory = undefined;
  }

  #open(): CoreMemory {
    const core = instantiate(this.#module, IMPORTS, { maxBytes: this.#maxBytes, lockTimeoutMs: 0 }, random);
    this.#memory = new CoreMemory(core);
    return this.#memory;
  }

  #refusal(memory: CoreMemory): PersistenceError {
    return failureOf(memory.result(), { ...NO_CONTEXT, location: this.#location });
  }

  /** What is no `PersistenceError` came out of the core, and the instance may be in any state. */
  #located(error: unknown): PersistenceError {
    if (error instanceof PersistenceError) return locate(error, this.#location);
    this.close();
    return locate(new PersistenceError("core_trap", undefined, { cause: error }), this.#location);
  }
}

/**
 * Below, copying whole documents costs less than finding out what is the same (measured:
 * 20 µs either way at this size).
 */
const WORTH_FOLLOWING = 40 * 1024;

const NO_CONTEXT = { lockPath: undefined, timeoutMs: 0, cause: undefined, detail: "" };

/**
 * Keys hash tables and names salvages: whoever writes a cache file must not foresee it, nothing secret hangs on it.
 * `Math.random` is seeded by the system in every runtime; loading Web Crypto for it took a fresh Node 20 process 2 ms.
 */
const { random } = Math;

/**
 * V8 compiles an adapter for each kind of function, 0.1 ms each in a fresh process, and two for one that takes fewer
 * arguments than the core gives.
 */
const refuse = (_op: number, _first: number, _second: number) => {
  throw new Error("The pure part of the core called a capability.");
};

const IMPORTS: CoreImports = {
  store: { stat: refuse, read: refuse, replace: refuse, remove: refuse, set_aside: refuse },
  cipher: { protect: refuse, unprotect: refuse },
  lock: {
    create: refuse,
    inspect: refuse,
    take_over: refuse,
    check: refuse,
    touch: refuse,
    release: refuse,
    wait: refuse,
    process_alive: refuse,
  },
  clock: { now: () => refuse(0, 0, 0), sleep: refuse, random },
  session: { edit: refuse },
  log: { write: (_level: number, _code: number, _pointer: number, _length: number) => refuse(0, 0, 0) },
};
