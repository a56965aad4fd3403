/**
 * What a host injects. A capability is a function that returns a value or a promise, nothing more; it may throw (a
 * `PersistenceError`, or an error with an errno `code`), and the driver turns that into a status of the core's table.
 * The binary form in which these reach the core is in docs/host-interface.md.
 */
export type Awaitable<T> = T | Promise<T>;

/** What identifies one state of the stored bytes. Taken *with* the data (same descriptor), never from the clock. */
export interface StoreVersion {
  /** Modification time in nanoseconds since the epoch. */
  readonly mtimeNs: bigint;
  /** Size in bytes. */
  readonly size: bigint;
  /** Inode number, or a host's equivalent (0n where there is none). */
  readonly inode: bigint;
  /**
   * Of what was just written: no other write, before or after, leaves the same three. Otherwise the
   * core waits until that is certain.
   */
  readonly isUnique?: boolean;
}

export interface StoredContent {
  readonly version: StoreVersion;
  readonly content: Uint8Array;
}

export interface Store {
  /** Where the cache lives, for messages and for naming the lock file. */
  readonly location: string;
  /** `undefined` when nothing is stored. */
  stat(): Awaitable<StoreVersion | undefined>;
  /**
   * `undefined` when nothing is stored. What is larger than `maxBytes` need not be read to be
   * refused: `document_too_large`.
   */
  read(maxBytes?: number): Awaitable<StoredContent | undefined>;
  /**
   * All or nothing: a reader at any instant sees the old bytes or the new ones, whole. `beforePublishing` is awaited
   * directly before they become visible, when all that takes time is done; if it throws, nothing changes and this
   * throws the same. Resolves when they are visible: that they stay so after a power cut is what `settle` waits for.
   */
  replace(content: Uint8Array, beforePublishing?: () => Awaitable<void>): Awaitable<StoreVersion>;
  /**
   * Resolves when what has been replaced or removed would survive a power cut. Called when the lock has been released,
   * so that others need not wait for it: what they write then rests on it, and settles it too.
   */
  settle(): Awaitable<void>;
  /** Removes what is stored. `false` when there was nothing. */
  remove(): Awaitable<boolean>;
  /** Keeps what is stored now under another name as well, and returns that name. What is stored stays in place. */
  setAside(): Awaitable<string>;
  /** Calls back when what is stored may have changed. Returns the function that ends it. */
  watch(onChange: () => void): () => void;
}

/** "OS encryption". A plain store has none. */
export interface Cipher {
  /**
   * Fetches what the other two need and somebody may be slow to give (a key). Awaited before the lock is taken, so
   * that nobody else waits for it.
   */
  prepare?(): Awaitable<unknown>;
  protect(content: Uint8Array): Awaitable<Uint8Array>;
  unprotect(content: Uint8Array): Awaitable<Uint8Array>;
}

/** What a contender sees of a lock file without touching it. */
export interface LockInspection {
  readonly inode: bigint;
  readonly size: number;
  /** Modification time, milliseconds since the epoch. */
  readonly mtimeMs: number;
  /** Modification time of the lease beside it; `undefined` when there is none. */
  readonly leaseMtimeMs: number | undefined;
  /** The host could tell, without taking it, that a kernel lock is held (Windows: a read refused by a lock). */
  readonly kernelLocked: boolean;
  /** The first bytes (up to 1 KiB) of the lock file, as its holder wrote them. */
  readonly content: Uint8Array;
}

export type TakeOver = "taken" | "busy" | "changed";

export interface Lock {
  /** The lock file. */
  readonly path: string;
  /** K: kernel locks on the lock file. P: a lease beside it. docs/lock.md. */
  readonly kind: "K" | "P";
  /** The lock files that are held together with it, if any. */
  readonly alsoPaths?: readonly string[];
  /** Of several lock files that are held together, the one that was refused last. */
  readonly contendedPath?: string;
  /** Is there a folder for the lock file, or for each of them? `create` makes what is missing; who only looks must not. */
  hasFolder(): Awaitable<boolean>;
  /** Creates the lock file exclusively, locks it and writes this process into it. `false`: somebody else's exists. */
  create(): Awaitable<boolean>;
  /** `undefined` when there is no lock file. */
  inspect(): Awaitable<LockInspection | undefined>;
  /** Takes an abandoned lock over, provided it is still what was inspected. */
  takeOver(inspected: LockInspection): Awaitable<TakeOver>;
  /** Is the lock file at the path still the one this object holds? */
  check(): Awaitable<boolean>;
  /** Renews the modification time of the lock file this object holds. `false`: it is no longer ours. */
  touch(): Awaitable<boolean>;
  /**
   * Compares, then removes. Nothing is removed when the lock is not (any longer) ours. Also ends the waiting for it:
   * what was prepared for the next try is cleared away.
   */
  release(): Awaitable<void>;
  /** Returns after `ms`, or earlier when there is no lock file (any longer). */
  wait(ms: number): Awaitable<void>;
  /** Throws where it cannot be told: the core then goes on waiting as for one that lives. */
  processAlive(pid: number): Awaitable<boolean>;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Awaitable<void>;
  /** In [0, 1). */
  random(): number;
}

/** Severity as in MSAL: 0 error, 1 warning, 2 info, 3 verbose. `text` never holds a secret. */
export type Log = (level: number, code: string, text: string) => void;

/** Everything one cache needs, as a host hands it over. */
export interface Capabilities {
  readonly store: Store;
  readonly cipher: Cipher | undefined;
  readonly lock: Lock;
  readonly clock: Clock;
  readonly log: Log;
  /** How many contents that could not be decrypted have been kept under another name. */
  readonly undecryptable?: () => number;
}
