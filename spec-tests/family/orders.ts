/** The scope for which users sign in. */
export const GRAPH = ["https://graph.microsoft.com/user.read"];

/** What a process is told on its command line. It tells `ready`, and begins when ordered to `go`. */
export interface PeerAssignment {
  /**
   * `hold`: takes the lock, tells `holding` or `refused`, keeps it until ordered to `release`, tells `released`.
   * `write`: fetches so many tokens for itself; tells `wrote` or `missed` of each, then `done`.
   * `sign-in`: signs a new user in; tells `signed-in`.
   * `read`: looks for all accounts and, silently, for a token of each; tells `found`.
   */
  readonly task: "hold" | "write" | "sign-in" | "read";
  readonly cache: string;
  /** Python: another lock file than `<cache>.lockfile`. */
  readonly lockFile?: string | undefined;
  readonly clientId: string;
  readonly authorityUrl: string;
  readonly tenant: string;
  readonly tokens: number;
}

export interface OurAssignment extends Omit<PeerAssignment, "task"> {
  /**
   * `look-and-hold`: tells `busy` or `free` first. `update`, `look-and-update`: instead of a lock an update of the
   * cache is what is held until the release, with `alsoLock`.
   */
  readonly task: PeerAssignment["task"] | "look-and-hold" | "update" | "look-and-update";
  /** P: a lease even where kernel locks can be had. */
  readonly kind: "K" | "P";
  readonly lockFiles: readonly string[];
  /** Held as well while a cache is written. */
  readonly alsoLock: readonly string[];
}

export type Order = "go" | "release";

interface Found {
  readonly homeAccountId: string;
  /** Of the access token. */
  readonly sha256: string;
}

export type PeerNews =
  | { readonly type: "ready" | "released" | "done" }
  | { readonly type: "holding"; readonly afterMs: number }
  | { readonly type: "refused"; readonly afterMs: number; readonly what: string }
  | { readonly type: "wrote"; readonly scope: string; readonly sha256: string }
  | { readonly type: "missed"; readonly scope: string; readonly what: string }
  | ({ readonly type: "signed-in" } & Found)
  | { readonly type: "found"; readonly accounts: readonly Found[] }
  | { readonly type: "failed"; readonly what: string };

export type OurNews =
  | Exclude<PeerNews, { type: "released" }>
  | { readonly type: "ready" | "done" | "free" }
  | { readonly type: "busy"; readonly what: string }
  /** The locks that somebody else had too. */
  | { readonly type: "released"; readonly intruded: readonly string[] };
