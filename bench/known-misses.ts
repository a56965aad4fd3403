/** A goal that is not met, how far from it we are allowed to be, and why. */
export interface KnownMiss {
  /** In the direction of the goal: at least, or at most, so much. */
  readonly limit: number;
  readonly why: string;
}

const SYNC = "we wait for the disk twice and for the lock file's steps, the peer for neither";
const STEPS =
  "it also locks, reads, merges, looks again and syncs the folder: 30 calls of the file system instead of 5";
const CROWD =
  "computing time of 2 cores: msal-node's own above all, and each release wakes all who wait; the peer sleeps 100 ms, and overwrites";

/** By the id of the ratio. What is worse than its limit is a failure like any other. */
export const KNOWN_MISSES: Readonly<Record<string, KnownMiss>> = {
  commit: { limit: 0.4, why: SYNC },
  "commit not synced": { limit: 0.6, why: "msal-node's own work is most of it, and the same in both" },
  store: { limit: 3, why: STEPS },
  "store with folder": { limit: 2.5, why: STEPS },
  load: { limit: 1.5, why: "each who is let in gets a turn of the event loop: nobody overlays a writer's memory" },
  "crowd total": { limit: 2.5, why: CROWD },
  "crowd p99": { limit: 0.6, why: CROWD },
  growth: { limit: 4, why: "a bare copy of the same bytes grows more: the processor's caches do not hold 123 MB" },
  "merge 5 node": { limit: 6.5, why: "at the edge: a third of its 6 µs are copies, zeros and the call" },
};
