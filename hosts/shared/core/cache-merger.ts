import { PersistenceError } from "../errors/persistence-error.ts";
import { STATUS } from "../errors/status.ts";
import { locate } from "../errors/thrown.ts";
import { roomFor } from "../values/copy-bytes.ts";
import { CoreMemory, type CoreResult, type TakeRoom } from "./core-memory.ts";
import { type CoreExports, type CoreImports, type CoreModule, instantiate, seedFrom } from "./core-module.ts";
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
  #core: CoreExports | undefined;
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
    if (theirs !== undefined && theirs.length >= WORTH_FOLLOWING) return this.#mergeLarge(base, ours, theirs);
    return this.#run((core, memory) => {
      const theirsAt = memory.write(theirs, this.#maxBytes);
      const oursAt = memory.write(ours, this.#maxBytes);
      const baseAt = base === theirs ? theirsAt : memory.write(base, this.#maxBytes);
      const status = core.merge(baseAt, base?.length ?? 0, oursAt, ours.length, theirsAt, theirs?.length ?? 0);
      const result = this.#resultOf(status, memory);
      const isTheirs = result.data === theirsAt;
      return mergeOutcome(
        result,
        memory,
        isTheirs ? theirs! : memory.copyTo(this.#take(result.dataLength), result.data),
      );
    });
  }

  /** Most of ours and base is the same as theirs, and need not enter the core's memory. */
  #mergeLarge(base: Uint8Array | undefined, ours: Uint8Array, theirs: Uint8Array): MergeOutcome {
    return this.#run((core, memory) => {
      const theirsAt = memory.write(theirs, this.#maxBytes);
      if (Math.max(ours.length, base?.length ?? 0) > this.#maxBytes) throw new PersistenceError("document_too_large");
      this.#resultOf(core.begin_merge(theirsAt, theirs.length), memory);
      const window = memory.reserve(WINDOW);
      if (window === 0) throw new PersistenceError("out_of_memory");
      const followed = { original: theirs, at: theirsAt, length: theirs.length, window };
      followDocument(core, memory, DOCUMENT.ours, ours, followed);
      if (base !== undefined) followDocument(core, memory, DOCUMENT.base, base, followed);
      const result = this.#resultOf(core.end_merge(), memory);
      const isTheirs = memory.firstPiece(result) === theirsAt;
      return mergeOutcome(result, memory, isTheirs ? theirs : memory.gather(result, this.#take));
    });
  }

  /** Whatever was complete in these bytes before the damage. */
  salvage(content: Uint8Array): SalvageOutcome {
    return this.#run((core, memory) => {
      const result = this.#resultOf(core.salvage(memory.write(content, this.#maxBytes), content.length), memory);
      return { content: memory.copy(result.data, result.dataLength) };
    });
  }

  /** What a document holds, without secrets. */
  inspect(content: Uint8Array, nowSeconds: number): Inspection {
    return this.#run((core, memory) => {
      const at = memory.write(content, this.#maxBytes);
      const result = this.#resultOf(core.inspect(at, content.length, nowSeconds), memory);
      return JSON.parse(memory.detail(result)) as Inspection;
    });
  }

  #run<T>(operation: (core: CoreExports, memory: CoreMemory) => T): T {
    this.#core ??= this.#instantiate();
    this.#memory ??= new CoreMemory(this.#core);
    try {
      return operation(this.#core, this.#memory);
    } catch (error) {
      throw locate(error instanceof PersistenceError ? error : this.#trapped(error), this.#location);
    } finally {
      this.#core?.reset();
    }
  }

  /** Lets go of memory, which is as large as the largest documents were. A later call gets a fresh instance. */
  close(): void {
    this.#memory?.wipe();
    this.#core = undefined;
    this.#memory = undefined;
  }

  /** The instance may be in any state. */
  #trapped(cause: unknown): PersistenceError {
    this.close();
    return new PersistenceError("core_trap", undefined, { cause });
  }

  /** @throws PersistenceError where the core refused */
  #resultOf(status: number, memory: CoreMemory): CoreResult {
    const result = memory.result();
    if (status !== STATUS.ok) throw failureOf(result, { ...NO_CONTEXT, location: this.#location });
    return result;
  }

  #instantiate(): CoreExports {
    const core = instantiate(this.#module, IMPORTS);
    core.configure(this.#maxBytes, 0, seedFrom(random));
    return core;
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
