/** A goal that is not met, how far from it we are allowed to be, and why. */
export interface KnownMiss {
  /** In the direction of the goal: at least, or at most, so much. */
  readonly limit: number;
  readonly why: string;
}

const SYNC = "we wait for the disk twice and for the lock file's steps, the peer for neither";
const COPIES = "copying in and out: the core alone meets the goal";
const FRESH = "fresh memory for the result, a page fault for every 4 KiB: 20 to 29 x where freed pages are kept";
const SMALL = "a call and its copies take longer than five entities do";
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
  growth: { limit: 4, why: "the same steps an entity, but the processor's caches no longer hold the documents" },
  "merge 5 node": { limit: 5, why: SMALL },
  "merge 50 node": { limit: 7, why: COPIES },
  "merge 500 node": { limit: 6, why: FRESH },
  "merge 5000 node": { limit: 5, why: COPIES },
  "merge 5 deno": { limit: 2, why: SMALL },
  "merge 5 bun": { limit: 2, why: SMALL },
  "merge 5000 bun": { limit: 1.5, why: COPIES },
};
