import { CoreSession } from "./core/core-session.ts";
import { checkedLimit } from "./core/session-limits.ts";
import { Logger, type LoggerLike, logTo } from "./logger.ts";
import { absoluteLocation, connectFile } from "./persistence/file-capabilities.ts";
import { host } from "./runtime/host.ts";
import { assertFunction, optionsOf } from "./values/options.ts";

/**
 * The family's way to say how long to wait: `retryNumber` × `retryDelay` milliseconds in
 * all. 10 s where neither is given.
 */
export interface CrossPlatformLockOptions {
  /** 500 where only the delay is given. */
  readonly retryNumber?: number | undefined;
  /**
   * Milliseconds, 100 where only the number is given. How often this package looks is its own business: after 1
   * to 50 ms, later where many wait.
   */
  readonly retryDelay?: number | undefined;
}

const LOGGER_METHODS = ["error", "warning", "info", "verbose"] as const;

/** What the Node peer takes for the one that is not given. */
const FAMILY = { retryNumber: 500, retryDelay: 100 } as const;

/**
 * The timeout in milliseconds, or `undefined` for the default (10 s).
 *
 * @throws PersistenceError `bad_argument`, naming the one of the two that is no such number
 */
export function lockTimeoutOf(options: CrossPlatformLockOptions | undefined): number | undefined {
  const given = optionsOf(options);
  if ((given.retryNumber ?? given.retryDelay) === undefined) return undefined;
  const retryNumber = checkedLimit("retryNumber", given.retryNumber ?? FAMILY.retryNumber);
  const retryDelay = checkedLimit("retryDelay", given.retryDelay ?? FAMILY.retryDelay);
  // One of them may be 0.
  return retryNumber === Number.POSITIVE_INFINITY ? retryNumber : retryNumber && retryNumber * retryDelay;
}

/**
 * A lock on a file, respected by every member of the family. For what a persistence holds that is not a token cache;
 * `TokenCacheStore` and the plugin take the lock by themselves.
 */
export class CrossPlatformLock {
  readonly #path: string;
  readonly #logger: LoggerLike;
  readonly #timeoutMs: number | undefined;
  /** Sessions that hold nothing. */
  readonly #idle: CoreSession[] = [];
  /**
   * Those that `lock` was granted and `unlock` has not been called for, in that order. More than one: the first has
   * lost its lock meanwhile, and whoever calls `unlock` for it must not end the section of the next.
   */
  readonly #holders: CoreSession[] = [];

  /**
   * @param lockFilePath the lock file itself, `<location of the cache>.lockfile`; `~` stands for the user's home folder
   * @throws PersistenceError `invalid_location`, `bad_argument`
   */
  constructor(lockFilePath: string, logger?: LoggerLike, lockOptions?: CrossPlatformLockOptions) {
    this.#path = absoluteLocation(lockFilePath);
    this.#logger = logger ?? new Logger();
    for (const method of LOGGER_METHODS) assertFunction(`logger.${method}`, this.#logger[method]);
    this.#timeoutMs = lockTimeoutOf(lockOptions);
  }

  /**
   * Waits for the lock and takes it. A lock that a killed process left behind is taken over. Callers in this process,
   * of this object too, get it in the order in which they asked.
   *
   * @throws PersistenceError `lock_timeout`, naming the holder, when it was not free in time; `bad_argument` where a
   *   cache is in the place of the lock file
   */
  async lock(): Promise<void> {
    const session = this.#idle.pop() ?? this.#createSession();
    try {
      await session.lock();
      this.#holders.push(session);
    } catch (error) {
      this.#idle.push(session);
      throw error;
    }
  }

  /**
   * Releases the lock if this object holds it. If not, nothing is touched: the lock file is then somebody else's.
   *
   * @throws PersistenceError `lock_lost` when it was taken away meanwhile (`lock_not_held` when a renewal has noticed
   *   that already): somebody else may have been at work at the same time
   */
  async unlock(): Promise<void> {
    const session = this.#holders.shift();
    if (session === undefined) {
      this.#logger.warning(`The lock ${this.#path} is not held by this object, so it was not released.`, "");
      return;
    }
    try {
      await session.unlock();
    } finally {
      this.#idle.push(session);
    }
  }

  #createSession(): CoreSession {
    const location = this.#path.replace(/\.lockfile$/, "");
    const capabilities = connectFile(location, logTo(this.#logger), { lockPath: this.#path });
    return new CoreSession(host().module(), capabilities, { lockTimeoutMs: this.#timeoutMs });
  }
}
