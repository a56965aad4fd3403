/** A goal that is not met, or not on a busy machine, how far from it we are allowed to be, and why. */
export interface KnownMiss {
  /** In the direction of the goal: at least, or at most, so much. */
  readonly limit: number;
  readonly why: string;
}

const SYNC =
  "we wait for the disk twice, for file and folder, and take a lock; the peer does neither. What nobody can save: the least";
const UNSYNCED =
  "half is msal-node's own work, the same in both; the lock's files and two merges are the rest above the least";
const STEPS =
  "beside that it takes a lock (see under a lock file), reads, merges, looks twice more and syncs the folder";
const CROWD =
  "msal-node's computing on 2 cores, before V8 has compiled it: the least plugin that loses nothing (the least, in turn) is as far from it, and where nobody waits, merges or reads what others wrote (a file each) it is a third or more already. The peer sleeps 100 ms, and loses";

/** By the id of the ratio. What is worse than its limit is a failure like any other. */
export const KNOWN_MISSES: Readonly<Record<string, KnownMiss>> = {
  commit: { limit: 0.8, why: SYNC },
  "commit not synced": { limit: 1.2, why: UNSYNCED },
  store: { limit: 2.2, why: STEPS },
  "store with folder": { limit: 1.8, why: STEPS },
  "crowd total": { limit: 2.5, why: CROWD },
  "crowd p99": { limit: 0.6, why: CROWD },
  "merge 5 node": { limit: 6.5, why: "at the edge: a third of its 6 µs are copies, zeros and the call" },
};
