import { AccountWatch, type CacheChange } from "./account-watch.ts";
import { CacheMerger } from "./core/cache-merger.ts";
import type { Awaitable, Store } from "./core/capabilities.ts";
import { CoreSession } from "./core/core-session.ts";
import type { CommitOutcome, Inspection, LoadOutcome } from "./core/outcomes.ts";
import type { SessionLimits } from "./core/session-limits.ts";
import { PersistenceError } from "./errors/persistence-error.ts";
import type { LoggerLike } from "./logger.ts";
import { FilePersistence } from "./persistence/file-persistence.ts";
import { coreLinkOf, type IPersistence, type LockingOptions } from "./persistence/persistence.ts";
import { asBytes } from "./values/as-bytes.ts";
import { assertFunction, optionsOf } from "./values/options.ts";
import { SerialQueue } from "./values/serial-queue.ts";

export interface TokenCacheStoreOptions extends LockingOptions, SessionLimits {}

/** A cache document: JSON as text, or as UTF-8. */
export type CacheDocument = string | Uint8Array;

export interface LoadedCache extends LoadOutcome {
  /** What is stored, whether or not it has changed since the last call; `undefined` when nothing is. */
  readonly content: Uint8Array | undefined;
}

const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();

/** A promise or an object has no length, and would be a document without a byte: everything removed. */
function bytesOf(document: CacheDocument): Uint8Array {
  if (typeof document === "string") return encoder.encode(document);
  const bytes = asBytes(document);
  if (bytes !== undefined) return bytes;
  throw new PersistenceError("bad_argument", "A cache document is text or a Uint8Array. Is an `await` missing?");
}

/**
 * A token cache as such, without MSAL: for tools, and for applications that keep their own. Operations of one store run
 * one after the other.
 */
export class TokenCacheStore {
  readonly #session: CoreSession;
  readonly #merger: CacheMerger;
  readonly #store: Store;
  readonly #logger: LoggerLike;
  readonly #queue = new SerialQueue();
  readonly #watches = new Set<AccountWatch>();
  /** What the session last loaded or committed: the very object that callers were given. */
  #current: Uint8Array | undefined;
  #closed = false;

  private constructor(parts: StoreParts) {
    this.#session = parts.session;
    this.#merger = parts.merger;
    this.#store = parts.store;
    this.#logger = parts.logger;
  }

  /**
   * @param cache where the cache is: the path of a plain file, whose folder is created if it is missing,
   *   or a persistence of this package
   * @throws PersistenceError `not_supported` for any other persistence, `bad_argument` for an option that is none; or
   *   what the operating system refused
   */
  static async open(cache: string | IPersistence, options?: TokenCacheStoreOptions): Promise<TokenCacheStore> {
    const given = optionsOf(options);
    const persistence = typeof cache === "string" ? await FilePersistence.create(cache) : cache;
    return new TokenCacheStore(await partsOf(persistence, given));
  }

  /** Where the cache lives. */
  get location(): string {
    return this.#store.location;
  }

  /**
   * What is stored. A damaged document is salvaged, see `salvaged` and `setAside`.
   *
   * @returns `content` is `undefined` when nothing is stored. It is shared: do not write into it.
   * @throws PersistenceError when the store cannot be read
   */
  load(): Promise<LoadedCache> {
    return this.#queue.run(async () => {
      const outcome = await this.#session.load();
      if (!outcome.unchanged) this.#current = outcome.content;
      return { ...outcome, content: this.#current };
    });
  }

  /**
   * Merges `ours` with what is stored and publishes the result, under the lock. Bytes must stay as
   * they are until it has been done.
   *
   * @returns `content` is shared, as that of `load`: do not write into it
   * @param base what `ours` was made from; `undefined`, or `null` as `load` of a persistence has it:
   *   then nothing counts as removed
   * @throws PersistenceError `lock_timeout`, `json_*` for a document that is not JSON, `bad_argument` for what is
   *   neither text nor bytes, `disk_full`…: nothing has changed then
   */
  async commit(base: CacheDocument | null | undefined, ours: CacheDocument): Promise<CommitOutcome> {
    const plainBase = base === undefined || base === null ? undefined : bytesOf(base);
    const plainOurs = bytesOf(ours);
    return this.#queue.run(() => {
      const current = base !== undefined && base === this.#current;
      return this.#published(this.#session.commit(plainBase, plainOurs, current));
    });
  }

  /**
   * Replaces what is stored by what `edit` makes of it, under the lock. What it leaves out is removed. Only members of
   * the document that are no section stay; it can change them (docs/merge.md, *Foreign members*). `edit` must not use
   * this cache otherwise, and should not take long: others wait. It is called again each time that the lock was lost
   * meanwhile, or that somebody has written without it: what must happen once (a refresh token redeemed) belongs under
   * a `CrossPlatformLock` on a file of its own.
   *
   * @param edit gets the stored document, or `undefined`
   * @throws PersistenceError `callback_failed`, with its cause, when `edit` throws; `lock_lost` after ten times more;
   *   `bad_argument` where it is no function. Nothing is written then
   */
  async update(edit: (content: Uint8Array | undefined) => Awaitable<CacheDocument>): Promise<CommitOutcome> {
    assertFunction("What is given to update", edit);
    return this.#queue.run(() =>
      this.#published(this.#session.update(async (content) => bytesOf(await edit(content)))),
    );
  }

  /** The `Account` entities as stored. They hold no secrets. */
  async accounts(): Promise<Inspection["accounts"]> {
    return (await this.inspect()).accounts;
  }

  /** Counts and names, no secrets. */
  async inspect(): Promise<Inspection> {
    const { content } = await this.load();
    return this.#merger.inspect(content ?? EMPTY, Math.floor(Date.now() / 1000));
  }

  /** Removes what is stored, under the lock. @returns false when there was nothing */
  clear(): Promise<boolean> {
    return this.#queue.run(async () => {
      const cleared = await this.#session.clear();
      this.#current = undefined;
      return cleared;
    });
  }

  /**
   * Calls `listener` after the cache has changed, whoever changed it, with the accounts that came and went since the
   * last call. Several changes in quick succession may be one call.
   *
   * @returns the function that ends it. On Deno a watch that is never ended keeps the process
   *   running; on Node and Bun it does not.
   * @throws PersistenceError `bad_state` after `close`, `bad_argument` for a listener that is no function
   */
  watch(listener: (change: CacheChange) => unknown): () => void {
    assertFunction("What is given to watch", listener);
    if (this.#closed) throw new PersistenceError("bad_state", "This cache has been closed.");
    const load = async () => (await this.load()).content;
    const accountsOf = (content: Uint8Array) => this.#merger.inspect(content, 0).accounts;
    const watch = new AccountWatch({ load, accountsOf, listener, logger: this.#logger });
    watch.start(this.#store);
    this.#watches.add(watch);
    return () => {
      watch.stop();
      this.#watches.delete(watch);
    };
  }

  /**
   * Ends all watches and lets go of the core's memory, after what is under way. The store cannot be used afterwards.
   */
  async close(): Promise<void> {
    this.#closed = true;
    for (const watch of this.#watches) watch.stop();
    this.#watches.clear();
    await this.#queue.run(async () => {
      this.#session.close();
      this.#merger.close();
      this.#current = undefined;
    });
  }

  async #published(commit: Promise<CommitOutcome>): Promise<CommitOutcome> {
    const outcome = await commit;
    this.#current = outcome.content;
    return outcome;
  }
}

interface StoreParts {
  readonly session: CoreSession;
  readonly merger: CacheMerger;
  readonly store: Store;
  readonly logger: LoggerLike;
}

/** What a store is made of, for a persistence of this package. */
async function partsOf(persistence: IPersistence, options: TokenCacheStoreOptions): Promise<StoreParts> {
  const { module, capabilities } = coreLinkOf(persistence, options);
  const compiled = await module();
  return {
    session: new CoreSession(compiled, capabilities, options),
    merger: new CacheMerger(compiled, { maxBytes: options.maxBytes, location: capabilities.store.location }),
    store: capabilities.store,
    logger: persistence.getLogger(),
  };
}
