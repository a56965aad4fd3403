import type { Lock } from "../core/capabilities.ts";
import { type Files, quietly } from "../files/file-system.ts";

/**
 * Several lock files as one lock: all of them, or none. They are tried in the order of their paths, whatever order they
 * are given in: two who began at opposite ends could go on refusing each other. When one is refused those already taken
 * are released before anybody waits, so whoever waits holds nothing, and others who know a file by another path cannot
 * block each other for ever. The one that was refused is the one that is then inspected, waited for and, if it was
 * abandoned, taken over. One that is refused because its path leads to a file that has just been taken is held with
 * that one: a linked folder, say, or another spelling where the case of letters does not count.
 */
export function joinLocks(locks: readonly [Lock, ...Lock[]], files: Files): Lock {
  const [first, ...others] = locks;
  const inOrder = locks.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  let contended = first;
  let waitedFor = first;
  let held: readonly Lock[] = locks;

  async function createAll(taken?: Lock): Promise<boolean> {
    const mine = taken === undefined ? [] : [taken];
    try {
      for (const lock of inOrder) {
        if (lock === taken) continue;
        if (await lock.create()) {
          mine.push(lock);
        } else if (await isOneOf(mine, lock)) {
          await lock.release(); // what it has prepared for another try
        } else {
          contended = lock;
          await releaseAll(mine);
          return false;
        }
      }
      held = mine;
      return true;
    } catch (error) {
      await quietly(releaseAll(mine));
      throw error;
    }
  }

  async function isOneOf(taken: readonly Lock[], refused: Lock): Promise<boolean> {
    for (const { path } of taken) if (await files.isSame(path, refused.path)) return true;
    return false;
  }

  return {
    path: first.path,
    alsoPaths: others.map(({ path }) => path),
    get kind() {
      return locks.every(({ kind }) => kind === "K") ? "K" : "P";
    },
    get contendedPath() {
      return contended.path;
    },
    hasFolder: () => all(locks, (lock) => lock.hasFolder()),
    create: () => createAll(),
    inspect: () => contended.inspect(),
    async takeOver(inspected) {
      const taken = contended;
      const outcome = await taken.takeOver(inspected);
      return outcome !== "taken" || (await createAll(taken)) ? outcome : "busy";
    },
    check: () => all(held, (lock) => lock.check()),
    touch: () => all(held, (lock) => lock.touch()),
    release: () => releaseAll(locks),
    async wait(ms) {
      if (waitedFor !== contended) await quietly(releaseAll([waitedFor])); // else it keeps a place in that one's line
      waitedFor = contended;
      await contended.wait(ms);
    },
    processAlive: (pid) => contended.processAlive(pid),
  };
}

async function all(locks: readonly Lock[], ask: (lock: Lock) => boolean | Promise<boolean>): Promise<boolean> {
  for (const lock of locks) if (!(await ask(lock))) return false;
  return true;
}

/** The last one first. One that fails keeps none of the others. */
async function releaseAll(locks: readonly Lock[]): Promise<void> {
  const failures: unknown[] = [];
  for (const lock of locks.toReversed()) {
    try {
      await lock.release();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
