import type { LoggerLike } from "../logger.ts";
import { ref, unref } from "../runtime/timer-ref.ts";
import type { SerializableTokenCache } from "./cache-context.ts";
import type { CacheView } from "./cache-view.ts";
import { MemoryGate } from "./memory-gate.ts";
import { MemoryHandOver, type MemoryState } from "./memory-hand-over.ts";

/** One caller between `beforeCacheAccess` and `afterCacheAccess`. */
export interface Hold {
  readonly memory: TokenCacheMemory;
  /** What memory held when the caller came in: the base that its changes are measured against. */
  base: MemoryState;
}

/**
 * One token cache in MSAL's memory, as the callers of one plugin share it.
 *
 * Readers are handed the view; a writer has memory to itself, from the hand-over to the moment its changes have been
 * taken into the view, or until the hold limit has passed.
 */
export class TokenCacheMemory {
  readonly #memory: MemoryHandOver;
  readonly #gate = new MemoryGate();
  readonly #view: CacheView;
  readonly #logger: LoggerLike;
  readonly #holdLimitMs: number;
  #writer: Hold | undefined;
  /** Writers that kept memory for too long and have not come back yet. */
  readonly #overdue = new Set<Hold>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tokenCache: SerializableTokenCache, view: CacheView, logger: LoggerLike, holdLimitMs: number) {
    this.#memory = new MemoryHandOver(tokenCache);
    this.#view = view;
    this.#logger = logger;
    this.#holdLimitMs = holdLimitMs;
  }

  /**
   * Hands over what is known already, without waiting for anything. Must be called before a reader's first `await`:
   * `overwriteCache` has just cleared memory, and whoever looks at it until the reader has loaded would find nothing
   * (`acquireTokenSilent` called twice at once failed with `no_tokens_found`, msal-js issue 7909).
   */
  handOverAtOnce(): void {
    if (this.#writer !== undefined) this.#undoClearing();
    else if (this.#view.known) this.#handOver("reader");
  }

  /** Resolves when memory holds the view and no writer is inside. */
  read(): Promise<Hold> {
    this.#keepWaiting();
    return this.#gate.enter(() => {
      this.#handOver("reader");
      return { memory: this, base: this.#memory.state() };
    });
  }

  /** Resolves when memory holds the view and belongs to the caller, until `end`. */
  async write(): Promise<Hold> {
    const { writers } = this.#view;
    this.#keepWaiting();
    writers.enter();
    try {
      return await this.#enterAlone();
    } catch (error) {
      writers.leave();
      throw error;
    }
  }

  /** A writer that never ends keeps no process running, but one that waits for it does: until the limit lets it in. */
  #keepWaiting(): void {
    ref(this.#timer);
  }

  #enterAlone(): Promise<Hold> {
    return this.#gate.enterAlone(() => {
      this.#handOver("writer");
      const hold: Hold = { memory: this, base: this.#memory.state() };
      this.#writer = hold;
      this.#timer = setTimeout(() => this.#expire(hold), this.#holdLimitMs);
      if (!this.#gate.isAwaited) unref(this.#timer);
      return hold;
    });
  }

  /**
   * Ends a caller's section. Synchronous, so that nobody else touches memory before it has been read.
   *
   * @param changed take what memory holds now, measured against the caller's base, into the view.
   * @throws PersistenceError when MSAL's document cannot be merged (too large, say). Memory is free again all the same.
   */
  end(hold: Hold, changed: boolean): void {
    try {
      if (changed) this.#capture(hold.base);
    } finally {
      this.#release(hold);
    }
  }

  #handOver(to: "reader" | "writer"): void {
    if (this.#overdue.size > 0) this.#captureOverdue();
    if (to === "reader") this.#memory.handOverToReader(this.#view);
    else this.#memory.handOver(this.#view);
    // What comes with the document is none of their doing.
    for (const hold of this.#overdue) hold.base = this.#memory.state();
  }

  #captureOverdue(): void {
    this.#undoClearing();
    // They share one from the next hand-over on.
    const bases = new Set([...this.#overdue].map(({ base }) => base));
    for (const base of bases) this.#tryCapture(base);
  }

  #capture(base: MemoryState): void {
    // Else somebody else's changes came into the view meanwhile, and memory lacks them.
    const isAlone = this.#view.revision === this.#memory.revision;
    const change = this.#memory.changeSince(base, isAlone ? this.#view : undefined);
    this.#memory.learn(undefined);
    if (change !== undefined) this.#view.absorb(change.base, change.ours);
    if (isAlone) this.#memory.learn(this.#view.revision);
  }

  #tryCapture(base: MemoryState): boolean {
    try {
      this.#capture(base);
      return true;
    } catch (error) {
      this.#logger.error(`An unfinished change could not be taken over: ${error}`, "");
      return false;
    }
  }

  #release(hold: Hold): void {
    this.#overdue.delete(hold);
    if (this.#writer !== hold) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writer = undefined;
    this.#view.writers.leave();
    this.#gate.leave();
  }

  /**
   * The next in line need not wait for ever; what the writer has done so far goes into the view, and so will the rest.
   */
  #expire(hold: Hold): void {
    if (this.#writer !== hold) return;
    this.#logger.warning(`A writer did not call afterCacheAccess within ${this.#holdLimitMs} ms; others go on.`, "");
    if (this.#tryCapture(hold.base)) hold.base = this.#memory.state();
    this.#release(hold);
    this.#overdue.add(hold);
  }

  /**
   * A reader's `clear()` under a writer would look as if the writer, whether it is overdue
   * or not, had removed everything.
   */
  #undoClearing(): void {
    if (!this.#memory.wasCleared()) return;
    this.#logger.warning("The token cache was cleared while it was being changed; it has been restored.", "");
    this.#memory.repeat();
  }
}
