import type { Store } from "./core/capabilities.ts";
import type { Inspection } from "./core/outcomes.ts";
import type { LoggerLike } from "./logger.ts";
import { unref } from "./runtime/timer-ref.ts";
import { isObject } from "./values/is-object.ts";
import { sameBytes } from "./values/same-bytes.ts";
import { SerialQueue } from "./values/serial-queue.ts";

export type AccountRecord = Inspection["accounts"][number];

/** What a watch reports. Both lists may be empty: then tokens have changed, or what is known of an account. */
export interface CacheChange {
  readonly accountsAdded: readonly AccountRecord[];
  readonly accountsRemoved: readonly AccountRecord[];
}

export interface AccountWatchParts {
  /** The stored document. */
  readonly load: () => Promise<Uint8Array | undefined>;
  readonly accountsOf: (content: Uint8Array) => readonly AccountRecord[];
  /** What an asynchronous one rejects with is logged, as what it throws is. */
  readonly listener: (change: CacheChange) => unknown;
  readonly logger: LoggerLike;
}

const RETRY_MS = 1000;

/** What makes two records the same account, as in the keys that the family uses. */
function identityOf(account: AccountRecord): string {
  return JSON.stringify([account.home_account_id, account.environment, account.realm]);
}

/** Compares the accounts of a cache with those of the last time, whenever the store says that it may have changed. */
export class AccountWatch {
  readonly #parts: AccountWatchParts;
  readonly #queue = new SerialQueue();
  /** A look has succeeded: the first one may not (a vault that is down). */
  #hasLooked = false;
  #content: Uint8Array | undefined;
  #accounts = new Map<string, AccountRecord>();
  #unwatch: (() => void) | undefined;
  #lookAgain: () => void = () => undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: AccountWatchParts) {
    this.#parts = parts;
  }

  start(store: Store): void {
    // Watching begins before the first look, so that nothing is missed in between. The look is queued at once: behind
    // what the caller commits next it would find that already, and see no change.
    this.#unwatch = store.watch(() => this.#lookAgain());
    const first = this.#guarded(() => this.#look());
    const again = this.#queue.shared(() => this.#guarded(() => this.#compare()));
    this.#lookAgain = () => void first.then(again);
  }

  stop(): void {
    clearTimeout(this.#retry);
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#content = undefined; // the caller may keep the function that ends it
  }

  async #compare(): Promise<void> {
    const before = this.#accounts;
    if (!(await this.#look()) || this.#unwatch === undefined) return;
    const after = this.#accounts;
    const told = this.#parts.listener({
      accountsAdded: [...after].filter(([key]) => !before.has(key)).map(([, account]) => account),
      accountsRemoved: [...before].filter(([key]) => !after.has(key)).map(([, account]) => account),
    });
    Promise.resolve(told).catch((error: unknown) => this.#warn(error)); // not waited for
  }

  /** @returns whether the content is another one than last time; the first time there is none to compare it with */
  async #look(): Promise<boolean> {
    const content = await this.#parts.load();
    // To inspect it would bring back the core that a closed store has let go of.
    if (this.#unwatch === undefined) return false;
    const isFirst = !this.#hasLooked;
    if (!isFirst && this.#isKnown(content)) return false;
    const accounts = content === undefined ? [] : this.#parts.accountsOf(content).filter(isObject);
    this.#accounts = new Map(accounts.map((account) => [identityOf(account), account]));
    this.#content = content;
    this.#hasLooked = true;
    return !isFirst;
  }

  /**
   * What was written a moment ago is read again (docs/lock.md), and a changed mode, or
   * link, is a change of the file too.
   */
  #isKnown(content: Uint8Array | undefined): boolean {
    const known = this.#content;
    return content === known || (content !== undefined && known !== undefined && sameBytes(content, known));
  }

  /**
   * A change that could not be loaded (a vault that is down, too many open files) is looked for
   * again: nothing else may tell of it.
   */
  async #guarded(task: () => Promise<unknown>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#warn(error);
      if (this.#unwatch === undefined) return;
      clearTimeout(this.#retry);
      this.#retry = setTimeout(this.#lookAgain, RETRY_MS);
      unref(this.#retry);
    }
  }

  #warn(error: unknown): void {
    this.#parts.logger.warning(`While watching the cache: ${error}`, "");
  }
}
