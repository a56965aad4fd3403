import type { Lock, Store, StoreVersion } from "../../hosts/shared/core/capabilities.ts";
import { LockFile } from "../../hosts/shared/lock/lock-file.ts";
import { storeWith } from "../../hosts/shared/persistence/store-with.ts";
import { LEASE, LOCK_FILE } from "./actors/names.ts";
import type { Mutation } from "./actors/ours.ts";
import type { SimulatedProcess } from "./schedule/simulated-process.ts";

export type MutationName =
  | "noInodeComparison"
  | "noCheck"
  | "unlinkFirst"
  | "noLease"
  | "liveIsDead"
  | "blindToPeers"
  | "blindToHolders";

const { isAtPath } = LockFile.prototype;

async function looksButDoesNotCompare(this: LockFile): Promise<boolean> {
  await isAtPath.call(this);
  return true;
}

/** The protocol with one rule broken: what the simulator must notice. */
export const MUTATIONS: Readonly<Record<MutationName, Mutation>> = {
  /** The lock file at the path is taken for the one that is open. */
  noInodeComparison: {
    lock: (lock) => {
      LockFile.prototype.isAtPath = looksButDoesNotCompare;
      return lock;
    },
  },
  /**
   * Publishes whatever the look at the lock says. It still looks, so that what it saw must
   * betray it, not what is not called.
   */
  noCheck: {
    lock: (lock) => ({
      ...lock,
      kind: lock.kind,
      check: async () => {
        await lock.check();
        return true;
      },
    }),
  },
  /** Removes what is in the way before it has proved it abandoned. */
  unlinkFirst: {
    lock: (lock, process) => ({
      ...lock,
      kind: lock.kind,
      takeOver: async () => {
        await remove(process, LOCK_FILE);
        return (await lock.create()) ? "taken" : "changed";
      },
    }),
  },
  /** A fresh lease proves nothing. */
  noLease: {
    lock: (lock, process) => ({
      ...lock,
      kind: lock.kind,
      inspect: async () => withoutLease(await lock.inspect()),
      takeOver: async (inspected) => {
        await remove(process, LEASE);
        return lock.takeOver(inspected);
      },
    }),
  },
  /** Whatever process a lock file names is gone. */
  liveIsDead: { lock: (lock) => ({ ...lock, kind: lock.kind, processAlive: () => false }) },
  /** Looks at the cache before it publishes, and takes it for what it has read. */
  blindToPeers: { store: blindWhilePublishing },
  /** Whoever does not ask for the lock sees nobody who holds it. */
  blindToHolders: { lock: blindUnlessAsking },
};

function blindUnlessAsking(lock: Lock): Lock {
  let isAsking = false;
  return {
    ...lock,
    kind: lock.kind,
    create() {
      isAsking = true;
      return lock.create();
    },
    inspect: async () => (isAsking ? lock.inspect() : undefined),
    release() {
      isAsking = false;
      return lock.release();
    },
  };
}

function blindWhilePublishing(store: Store): Store {
  let seen: StoreVersion | undefined;
  let isPublishing = false;
  return storeWith(store, {
    async stat() {
      const found = await store.stat();
      if (!isPublishing) seen = found;
      return seen;
    },
    async read() {
      const stored = await store.read();
      seen = stored?.version;
      return stored;
    },
    async replace(content, beforePublishing) {
      isPublishing = true;
      try {
        return await store.replace(content, beforePublishing);
      } finally {
        isPublishing = false;
      }
    },
  });
}

function withoutLease(seen: Awaited<ReturnType<Lock["inspect"]>>) {
  return seen && { ...seen, leaseMtimeMs: undefined };
}

function remove(process: SimulatedProcess, name: string): Promise<void> {
  const { files } = process.machine;
  const action = () => (name === LEASE ? files.removeFolder(process, name) : files.unlink(process, name));
  return new Promise((resolve) => {
    process.call(`remove ${name}`, action, () => resolve());
  });
}
