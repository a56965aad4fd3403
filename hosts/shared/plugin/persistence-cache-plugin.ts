import { checkedLimit, limitsOf, type SessionLimits } from "../core/session-limits.ts";
import { type CrossPlatformLockOptions, lockTimeoutOf } from "../cross-platform-lock.ts";
import { PersistenceError } from "../errors/persistence-error.ts";
import type { LoggerLike } from "../logger.ts";
import { type CoreLink, coreLinkOf, type IPersistence, type LockingOptions } from "../persistence/persistence.ts";
import { recoverUndecryptable, type UndecryptablePolicy } from "../persistence/recovery.ts";
import { LONGEST_TIMER_MS } from "../runtime/clock.ts";
import { assertFunction, optionsOf, shown } from "../values/options.ts";
import type { CacheContext, SerializableTokenCache } from "./cache-context.ts";
import { CacheView, type PluginStatistics } from "./cache-view.ts";
import { type Hold, TokenCacheMemory } from "./token-cache-memory.ts";

export interface PersistenceCachePluginOptions
  extends CrossPlatformLockOptions,
    LockingOptions,
    Pick<SessionLimits, "maxBytes"> {
  /** How long a writer may keep the token cache to itself, in milliseconds. 30 000 unless told otherwise. */
  readonly holdLimitMs?: number | undefined;
  /**
   * What becomes of a cache that cannot be decrypted (another user's, a lost key's, plain text left by
   * an older version): `setAside`, the default, keeps it under another name and carries on with an
   * empty one; `throw` reports it.
   */
  readonly onUndecryptable?: UndecryptablePolicy | undefined;
}

const HOLD_LIMIT_MS = 30_000;

/**
 * Connects MSAL applications to a persistence: `new PublicClientApplication({ cache: { cachePlugin } })`.
 *
 * No lock is held while MSAL works on its memory. What MSAL has changed is found by comparing its memory before and
 * after, and is merged with what others have stored meanwhile when it is written; changes that arrive while a write is
 * under way share the next one. One plugin may serve any number of applications.
 */
export class PersistenceCachePlugin {
  readonly persistence: IPersistence;
  readonly lockFilePath: string;
  /**
   * When the cache was last loaded or written, milliseconds since the epoch. For information: nothing is decided by it.
   */
  lastSync = 0;

  readonly #logger: LoggerLike;
  readonly #view: CacheView;
  readonly #holdLimitMs: number;
  readonly #undecryptable: (() => number) | undefined;
  readonly #memories = new WeakMap<SerializableTokenCache, TokenCacheMemory>();
  readonly #holds = new WeakMap<CacheContext, Hold>();

  /**
   * @param lockOptions `retryNumber` × `retryDelay` (milliseconds) is how long to wait for the lock before a commit
   *   fails with `lock_timeout`; 10 s unless told otherwise.
   * @throws PersistenceError `not_supported` when `persistence` is not one of this package's,
   *   `bad_argument` for an option that is none
   */
  constructor(persistence: IPersistence, lockOptions?: PersistenceCachePluginOptions) {
    const given = optionsOf(lockOptions);
    const link = withPolicy(coreLinkOf(persistence, given), given.onUndecryptable ?? "setAside");
    this.persistence = persistence;
    this.lockFilePath = link.capabilities.lock.path;
    this.#logger = persistence.getLogger();
    this.#undecryptable = link.capabilities.undecryptable;
    this.#view = new CacheView(link, this.#logger, sessionLimitsOf(given));
    this.#holdLimitMs = Math.min(checkedLimit("holdLimitMs", given.holdLimitMs ?? HOLD_LIMIT_MS), LONGEST_TIMER_MS);
  }

  /** What MSAL's memory was last brought to, or has last written. `null` before the first access. */
  get currentCache(): string | null {
    return this.#view.known ? this.#view.text : null;
  }

  get statistics(): PluginStatistics {
    const { setAside, ...others } = this.#view.statistics;
    return { ...others, setAside: setAside + (this.#undecryptable?.() ?? 0) };
  }

  /**
   * Brings MSAL's memory to what is stored, with what other callers of this plugin have changed since. When the caller
   * is about to change the cache, nobody else changes this memory until `afterCacheAccess`.
   *
   * @throws PersistenceError `bad_argument` for what is no context of MSAL's; what kept the store from being read, but
   *   not to a writer after it has been read once. Memory is then as it was, and nothing is held.
   */
  async beforeCacheAccess(cacheContext: CacheContext): Promise<void> {
    for (const method of ["serialize", "deserialize"] as const)
      assertFunction(`tokenCache.${method}`, cacheContext?.tokenCache?.[method]);
    const memory = this.#memoryOf(cacheContext.tokenCache);
    const writes = cacheContext.cacheHasChanged;
    if (!writes) memory.handOverAtOnce();
    await (writes && this.#view.known ? this.#refreshIfPossible() : this.#refresh());
    this.#holds.set(cacheContext, await (writes ? memory.write() : memory.read()));
  }

  /**
   * Resolves when what the caller has changed is stored; at once when it has changed nothing.
   *
   * @throws PersistenceError when it could not be stored. It is not lost: it stays visible to this plugin's callers,
   *   and the next commit includes it.
   */
  async afterCacheAccess(cacheContext: CacheContext): Promise<void> {
    const hold = this.#holds.get(cacheContext);
    if (hold === undefined) {
      this.#logger.info("afterCacheAccess without beforeCacheAccess, or after one that failed: nothing to do.", "");
      return;
    }
    this.#holds.delete(cacheContext);
    // Nothing is awaited until memory has been read.
    hold.memory.end(hold, cacheContext.cacheHasChanged);
    if (!cacheContext.cacheHasChanged) return;
    await this.#view.commit();
    this.lastSync = Date.now();
  }

  async #refresh(): Promise<void> {
    await this.#view.refresh();
    this.lastSync = Date.now();
  }

  /**
   * MSAL throws the server's answer away where it is not let in, and with it, after a rotation, the only refresh token
   * that is good. Let in, it saves into memory; whether that can be stored is for `afterCacheAccess` to say.
   */
  async #refreshIfPossible(): Promise<void> {
    try {
      await this.#refresh();
    } catch (error) {
      this.#logger.warning(
        `A change goes on from what was read last, since the cache cannot be read now: ${error}`,
        "",
      );
    }
  }

  #memoryOf(tokenCache: SerializableTokenCache): TokenCacheMemory {
    let memory = this.#memories.get(tokenCache);
    if (memory === undefined) {
      memory = new TokenCacheMemory(tokenCache, this.#view, this.#logger, this.#holdLimitMs);
      this.#memories.set(tokenCache, memory);
    }
    return memory;
  }
}

function sessionLimitsOf(options: PersistenceCachePluginOptions): SessionLimits {
  return limitsOf({ lockTimeoutMs: lockTimeoutOf(options), maxBytes: options.maxBytes });
}

function withPolicy(link: CoreLink, policy: UndecryptablePolicy): CoreLink {
  if (policy !== "throw" && policy !== "setAside") {
    throw new PersistenceError(
      "bad_argument",
      `onUndecryptable must be "setAside" or "throw", and is ${shown(policy)}.`,
    );
  }
  return policy === "throw" ? link : { ...link, capabilities: recoverUndecryptable(link.capabilities) };
}
