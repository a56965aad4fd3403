import type { PersistenceCachePlugin } from "../hosts/node/index.ts";
import type { RuntimeName } from "../spec-tests/processes/commands.ts";

export type Statistics = PersistenceCachePlugin["statistics"];

export type Role = "user" | "service" | "victim" | "vandal";

/** What a worker is told on its command line. */
export interface Assignment {
  readonly name: string;
  readonly role: Role;
  readonly runtime: RuntimeName;
  readonly cache: string;
  readonly authorityUrl: string;
  readonly clientId: string;
  /** Who signs in (role "user"). */
  readonly user: string;
  /** Another worker signs in as the same user. */
  readonly sharesAccount: boolean;
}

/**
 * go: start. look: read the cache once. tail, cut: leave a torn file behind (vandal). hold: take the lock (victim).
 * finish: do what was held back, and end.
 */
export type Order = "go" | "look" | "hold" | "tail" | "cut" | "finish";

/** What a worker tells. Tokens only as SHA-256. */
export type News =
  | { readonly type: "ready" }
  | { readonly type: "acquired"; readonly sha256: string }
  | { readonly type: "failed"; readonly what: string }
  /** All is done but what is held back for "finish". */
  | { readonly type: "waiting" }
  | { readonly type: "looked" }
  | { readonly type: "holding" }
  | { readonly type: "torn"; readonly before: number; readonly after: number }
  | { readonly type: "done"; readonly statistics: Statistics | undefined };
