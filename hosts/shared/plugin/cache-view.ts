import { CacheMerger } from "../core/cache-merger.ts";
import { CoreSession } from "../core/core-session.ts";
import { DocumentRooms } from "../core/document-rooms.ts";
import type { CommitOutcome, LoadOutcome } from "../core/outcomes.ts";
import { limitOf, type SessionLimits } from "../core/session-limits.ts";
import { PersistenceError } from "../errors/persistence-error.ts";
import { locate } from "../errors/thrown.ts";
import type { LoggerLike } from "../logger.ts";
import type { CoreLink } from "../persistence/persistence.ts";
import { sameBytes } from "../values/same-bytes.ts";
import { SerialQueue } from "../values/serial-queue.ts";
import { PendingWriters } from "./pending-writers.ts";

/** What a plugin has done so far. Counts since it was made. */
export interface PluginStatistics {
  /** Times the store was looked at. */
  readonly loads: number;
  /** Times pending changes were merged into the store; several callers may share one. */
  readonly commits: number;
  /** Commits that had something to write. */
  readonly writes: number;
  /** Abandoned locks of killed holders that were taken over. */
  readonly takeOvers: number;
  /** Damaged caches of which the readable part was saved. */
  readonly salvaged: number;
  /** Originals kept under another name because they were damaged or could not be decrypted. */
  readonly setAside: number;
  /** Commits begun again because the lock had been taken away, or somebody had written without it. */
  readonly restarts: number;
  /** The longest wait for the lock that ended with it, in milliseconds. */
  readonly longestWaitMs: number;
}

const EMPTY = new Uint8Array(0);
const decoder = new TextDecoder();

/**
 * What one plugin knows of its cache: `base`, what the store held when it was last loaded or committed, and the view,
 * base with everything that MSAL has changed since and that is not on disk yet. They are the same object when nothing
 * is pending. The store is used by one operation at a time, so base is always what the session last saw.
 */
export class CacheView {
  readonly #link: CoreLink;
  readonly #options: SessionLimits;
  readonly #maxBytes: number;
  readonly #logger: LoggerLike;
  readonly #queue = new SerialQueue();
  #session: CoreSession | undefined;
  #merger: CacheMerger | undefined;
  #base: Uint8Array = EMPTY;
  #baseIsCurrent = false;
  #view: Uint8Array | undefined;
  /** What is being committed. */
  #sent: Uint8Array | undefined;
  /** Where what is merged here lies. Base and what is loaded may lie elsewhere. */
  readonly #rooms = new DocumentRooms();
  #text: { readonly of: Uint8Array; readonly value: string } | undefined;
  readonly writers = new PendingWriters();
  readonly statistics = {
    loads: 0,
    commits: 0,
    writes: 0,
    takeOvers: 0,
    salvaged: 0,
    setAside: 0,
    restarts: 0,
    longestWaitMs: 0,
  };

  constructor(link: CoreLink, logger: LoggerLike, options: SessionLimits = {}) {
    this.#link = link;
    this.#logger = logger;
    this.#options = options;
    this.#maxBytes = limitOf("maxBytes", options);
  }

  /** The store has been loaded at least once. */
  get known(): boolean {
    return this.#view !== undefined;
  }

  /** Another object for each thing that the view has been, and good for nothing else: the bytes are used again. */
  get revision(): object {
    return this.#view ?? EMPTY;
  }

  /** The view as text; "" for the empty document. */
  get text(): string {
    const view = this.#view ?? EMPTY;
    if (this.#text?.of !== view) this.#text = { of: view, value: decoder.decode(view) };
    return this.#text.value;
  }

  /** Brings in what others have written. Callers share a load that has not begun yet. */
  readonly refresh: () => Promise<void> = this.#queue.shared(() => this.#load());

  /** Writes what is pending. Callers share a commit that has not begun yet, and its failure. */
  readonly commit: () => Promise<void> = this.#queue.shared(() => this.#commit());

  /**
   * Takes a change of MSAL's memory into the view. Synchronous.
   *
   * @throws PersistenceError `document_too_large`: once taken in, it would keep everything from
   *   being committed, even a sign-out
   * @param before what memory held, as the base of a merge: all of it, or what has changed; "" when that is new
   * @param now what it holds now, as ours
   */
  absorb(before: string, now: string): void {
    try {
      const base = before === "" ? undefined : this.#rooms.encode(before);
      const known = this.#view ?? EMPTY;
      const view = this.#merged(base, this.#rooms.encode(now), known);
      if (view.length > this.#maxBytes && view.length > known.length)
        throw locate(new PersistenceError("document_too_large"), this.#link.capabilities.store.location);
      this.#view = view;
    } finally {
      this.#forgetOthers();
    }
  }

  async #load(): Promise<void> {
    const session = this.#session ?? (await this.#open());
    const outcome = await session.load();
    this.statistics.loads += 1;
    this.#count(outcome);
    if (outcome.unchanged && this.#view !== undefined) return;
    const content = outcome.content ?? EMPTY;
    // What was written less than 20 ms ago is read again (docs/lock.md), and is mostly what is known already.
    if (this.#view !== undefined && sameBytes(content, this.#base)) this.#baseIsCurrent = true;
    else {
      this.#baseIsCurrent = false;
      try {
        this.#baseIsCurrent = this.#rebase(content);
      } catch (error) {
        this.#session?.close(); // it takes this version for one that we know
        this.#session = undefined;
        throw error;
      } finally {
        this.#forgetOthers();
      }
    }
    if (this.#view !== this.#base) this.#commitInBackground();
  }

  /**
   * Merges even when nothing is pending: theirs may be the rest of a damaged cache, and we may know what was lost.
   *
   * What is put back must not look like news of ours when it is committed: another process may have put it
   * back, and renewed it, by then (a rotated refresh token carries no time that would decide). So base keeps
   * it too, and goes without theirs' salvage marker: its absence from the store then still counts as lost,
   * and any newer version there wins.
   *
   * @returns base is what the store holds
   */
  #rebase(theirs: Uint8Array): boolean {
    const pending = this.#view !== undefined && this.#view !== this.#base;
    const known = this.#view === undefined ? theirs : this.#merged(this.#base, this.#base, theirs);
    this.#view = pending ? this.#merged(this.#base, this.#view!, theirs) : known;
    const complete = known === theirs;
    this.#base = complete ? theirs : this.#merged(undefined, theirs, this.#base);
    return complete;
  }

  async #commit(): Promise<void> {
    const session = this.#session ?? (await this.#open());
    await this.writers.settled();
    const sent = this.#view;
    if (sent === undefined || sent === this.#base) return;
    this.#sent = sent;
    try {
      await this.#send(session, sent);
    } finally {
      this.#sent = undefined;
      this.#forgetOthers();
    }
  }

  async #send(session: CoreSession, sent: Uint8Array): Promise<void> {
    const current = this.#baseIsCurrent;
    this.#baseIsCurrent = false;
    const outcome = await session.commit(this.#base, sent, current);
    this.statistics.commits += 1;
    if (!outcome.unchanged) this.statistics.writes += 1;
    this.#count(outcome);
    const content = sameBytes(outcome.content, sent) ? sent : outcome.content;
    const moved = this.#view !== sent;
    this.#view = moved ? this.#merged(sent, this.#view ?? EMPTY, content) : content;
    this.#base = content;
    this.#baseIsCurrent = true;
  }

  /** What others may not know any more must not wait for the next change. Whoever commits next tries again. */
  #commitInBackground(): void {
    this.commit().catch((error: unknown) => this.#logger.warning(`What is pending could not be saved: ${error}`, ""));
  }

  #merged(base: Uint8Array | undefined, ours: Uint8Array, theirs: Uint8Array): Uint8Array {
    if (this.#merger === undefined) throw new TypeError("The store has not been loaded yet");
    const outcome = this.#merger.merge(base, ours, theirs);
    return outcome.unchanged ? theirs : outcome.content;
  }

  /** The documents that count are these. Whatever else was made on the way is filled with zeros. */
  #forgetOthers(): void {
    this.#rooms.keepOnly(this.#base, this.#view, this.#sent);
  }

  /** On first use, not before: making a plugin reads no file. */
  async #open(): Promise<CoreSession> {
    const module = await this.#link.module();
    // What is pending and what others have stored may be as large as can be, each.
    const maxBytes = 2 * this.#maxBytes;
    const { location } = this.#link.capabilities.store;
    this.#merger = new CacheMerger(module, { maxBytes, location, take: (length) => this.#rooms.take(length) });
    this.#session = new CoreSession(module, this.#link.capabilities, this.#options);
    return this.#session;
  }

  #count(outcome: LoadOutcome | CommitOutcome): void {
    this.statistics.takeOvers += outcome.takeOvers;
    this.statistics.restarts += outcome.restarts;
    this.statistics.longestWaitMs = Math.max(this.statistics.longestWaitMs, outcome.waitedMs);
    if (outcome.salvaged) this.statistics.salvaged += 1;
    if (outcome.setAside) this.statistics.setAside += 1;
  }
}
