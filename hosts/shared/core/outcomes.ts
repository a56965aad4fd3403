/** What a merge did, relative to what was stored. */
export interface MergeReport {
  readonly added: number;
  readonly updated: number;
  readonly removed: number;
  /** Entities changed on both sides since base. */
  readonly conflicts: number;
  /** Keys of the `Account` entities that the result has and the stored document had not. */
  readonly accountsAdded: readonly string[];
  readonly accountsRemoved: readonly string[];
}

export interface MergeOutcome extends MergeReport {
  /** The merged document, UTF-8 JSON. It stays valid. */
  readonly content: Uint8Array;
  /** The result is what was stored, byte for byte (less a byte order mark). */
  readonly unchanged: boolean;
}

export interface SalvageOutcome {
  readonly content: Uint8Array;
}

export interface Inspection {
  readonly bytes: number;
  readonly entities: {
    readonly Account: number;
    readonly IdToken: number;
    readonly AccessToken: number;
    readonly RefreshToken: number;
    readonly AppMetadata: number;
  };
  readonly expiredAccessTokens: number;
  /** Names of top-level members that belong to somebody else. */
  readonly foreign: readonly string[];
  /** The `Account` entities as stored. They hold no secrets. */
  readonly accounts: ReadonlyArray<Record<string, unknown>>;
}

/** What every operation that may wait for the lock reports. */
export interface LockReport {
  readonly waitedMs: number;
  /** Abandoned locks of killed holders that were taken over. */
  readonly takeOvers: number;
  /** Commits begun again because the lock had been taken away, or somebody had written without it. */
  readonly restarts: number;
}

export interface LoadOutcome extends LockReport {
  /** The store holds what this session last loaded or committed; `content` is then `undefined`. */
  readonly unchanged: boolean;
  /** Plain content; `undefined` when nothing is stored (or nothing has changed). */
  readonly content: Uint8Array | undefined;
  /** What was stored was damaged; `content` is what could be saved of it. */
  readonly salvaged: boolean;
  /** The damaged original has been kept under another name. */
  readonly setAside: boolean;
}

export interface CommitOutcome extends MergeOutcome, LockReport {
  readonly salvaged: boolean;
  readonly setAside: boolean;
}
