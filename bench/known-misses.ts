/** A goal that is not met, how far from it we are allowed to be, and why. */
export interface KnownMiss {
  /** In the direction of the goal: at least, or at most, so much. */
  readonly limit: number;
  readonly why: string;
}

const SYNC = "we wait for the disk and for the lock file's steps, the peer for neither";
const COPIES = "copying in and out: the core alone meets the goal";
const FRESH = "fresh memory for the result, a page fault for every 4 KiB: 20 to 29 x where freed pages are kept";
const SMALL = "a call and its copies take longer than five entities do";
const STEPS = "the lock, the last looks and the folder are 20 calls of the file system beside the 5 of a bare write";

/** By the id of the ratio. What is worse than its limit is a failure like any other. */
export const KNOWN_MISSES: Readonly<Record<string, KnownMiss>> = {
  commit: { limit: 0.25, why: SYNC },
  "commit not synced": { limit: 0.4, why: "msal-node's own work is most of it, and the same in both" },
  store: { limit: 4, why: STEPS },
  "store with folder": { limit: 3, why: STEPS },
  load: { limit: 2, why: "a turn of the event loop for whoever is let in: nobody overlays a writer's memory" },
  "crowd total": { limit: 3, why: "each commit reads and merges what the others wrote; the peer overwrites it" },
  "crowd p99": { limit: 1, why: "as above: with 8 processes on 2 cores it is computing time" },
  growth: { limit: 4, why: "the same steps an entity, but the processor's caches no longer hold the documents" },
  "growth of fields": { limit: 3, why: "the same" },
  "merge 5 node": { limit: 5, why: SMALL },
  "merge 50 node": { limit: 7, why: COPIES },
  "merge 500 node": { limit: 6, why: FRESH },
  "merge 5000 node": { limit: 5, why: COPIES },
  "merge 5 deno": { limit: 2, why: SMALL },
  "merge 500 deno": { limit: 2.5, why: FRESH },
  "merge 5 bun": { limit: 2, why: SMALL },
  "merge 500 bun": { limit: 2, why: COPIES },
  "merge 5000 bun": { limit: 1.5, why: COPIES },
  "secret service": { limit: 0.6, why: "the item is read under the lock before it is written, to merge" },
};
