import type { PersistenceCachePlugin } from "../hosts/node/index.ts";
import type { RuntimeName } from "../spec-tests/processes/commands.ts";
import type { StoreOrder } from "./store.ts";

export type Statistics = PersistenceCachePlugin["statistics"];

export type Role = "user" | "service" | "victim" | "vandal";

/** What a worker is told on its command line. */
export interface Assignment extends StoreOrder {
  readonly name: string;
  readonly role: Role;
  readonly runtime: RuntimeName;
  readonly authorityUrl: string;
  readonly clientId: string;
  /** Who signs in (role "user"). */
  readonly user: string;
  /** Another worker signs in as the same user. */
  readonly sharesAccount: boolean;
}

/**
 * go: start. look, look again: read the cache once. go on, finish: what comes after the first pause, and after the
 * second. tail, cut: leave a torn file behind (vandal). hold: take the lock (victim).
 */
export type Order = "go" | "look" | "go on" | "look again" | "finish" | "hold" | "tail" | "cut";

/** What a worker tells. Tokens only as SHA-256. */
export type News =
  /** `store`: the class of the persistence, by name. */
  | { readonly type: "ready"; readonly store: string }
  | { readonly type: "acquired"; readonly sha256: string }
  | { readonly type: "failed"; readonly what: string }
  /** In a pause. */
  | { readonly type: "waiting" }
  | { readonly type: "looked" }
  | { readonly type: "holding" }
  | { readonly type: "torn"; readonly before: number; readonly after: number }
  | { readonly type: "done"; readonly statistics: Statistics | undefined };
