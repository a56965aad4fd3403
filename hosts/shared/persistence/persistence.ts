import type { Awaitable, Capabilities } from "../core/capabilities.ts";
import type { CoreModule } from "../core/core-module.ts";
import { PersistenceError } from "../errors/persistence-error.ts";
import type { LoggerLike } from "../logger.ts";
import { optionsOf } from "../values/options.ts";
import { lockingAlso } from "./file-capabilities.ts";

/**
 * Where a cache, or any other text, is kept. The family's interface, method for method, and whether it is encrypted.
 */
export interface IPersistence {
  readonly isEncrypted: boolean;
  save(contents: string): Promise<void>;
  load(): Promise<string | null>;
  delete(): Promise<boolean>;
  /** Was anything saved since `lastSync` (milliseconds since the epoch)? Errs on the side of yes. */
  reloadNecessary(lastSync: number): Promise<boolean>;
  getFilePath(): string;
  getLogger(): LoggerLike;
  verifyPersistence(): Promise<boolean>;
  createForPersistenceValidation(): Promise<IPersistence>;
}

/** What the core needs to work on a persistence's cache. */
export interface CoreLink {
  /** Reads and compiles the core on first use, once per process. */
  readonly module: () => Awaitable<CoreModule>;
  /** New objects on every call of the link: a lock belongs to one session. */
  readonly capabilities: Capabilities;
}

/** The method by which a persistence of this package lets the core in. Not a name anyone can call by accident. */
export const CORE_LINK: unique symbol = Symbol("msal-extensions.core-link");

export interface LinkedPersistence extends IPersistence {
  [CORE_LINK](): CoreLink;
}

function isLinked(persistence: unknown): persistence is LinkedPersistence {
  return typeof (persistence as Partial<LinkedPersistence> | undefined)?.[CORE_LINK] === "function";
}

/** What whoever changes a cache may ask for. */
export interface LockingOptions {
  /**
   * Lock files to hold as well whenever the cache is changed, beside `<location>.lockfile`; `~` stands for the user's
   * home folder. For programs that write to the same cache under another lock: Java's msal4j-persistence-extension has
   * one a folder, `<folder>/.lockfile`. Costs each commit about as much again as its first lock, and everybody who uses
   * one of these files waits for the others.
   */
  readonly alsoLock?: readonly string[] | undefined;
}

const FOREIGN =
  "The persistence is not one of this package's. Import FilePersistence from the same copy of msal-extensions as " +
  "PersistenceCachePlugin or TokenCacheStore; a persistence of @azure/msal-node-extensions will not do.";

/**
 * The way from a persistence to the core.
 *
 * @throws PersistenceError `not_supported` for an object that this package did not make: the plugin merges and locks
 *   through the core, which `save` and `load` alone cannot give it.
 */
export function coreLinkOf(persistence: IPersistence, options?: LockingOptions): CoreLink {
  const { alsoLock = [] } = optionsOf(options);
  if (isLinked(persistence)) {
    const { module, capabilities } = persistence[CORE_LINK]();
    return { module, capabilities: lockingAlso(capabilities, alsoLock) };
  }
  const isPromise = typeof (persistence as { then?: unknown } | undefined)?.then === "function";
  throw new PersistenceError(
    "not_supported",
    isPromise ? "The persistence is a promise of one. Is an `await` missing?" : FOREIGN,
  );
}
