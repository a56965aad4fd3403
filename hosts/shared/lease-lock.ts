import type { LockInspection, TakeOver } from "./capabilities.ts";
import { hasCode, quietly, unlessMissing } from "./file-system.ts";
import { createLeases, type Lease } from "./lease.ts";
import type { KindOfLock, LockParts } from "./lock.ts";
import { isStillAt, LockFile, NO_LINKS } from "./lock-file.ts";
import { describeSelf } from "./processes.ts";
import { randomName } from "./random-name.ts";

/** Kind P: the exclusively created file, and beside it a lease that proves its holder alive. */
export function createLeaseLock({ path, files, runtime }: LockParts): KindOfLock {
  const { clock } = runtime;
  let held: LockFile | undefined;
  let lease: Lease | undefined;
  let canLink = runtime.platform !== "win32"; // as for kind K
  const leases = createLeases({ path, files, runtime });
  const line = describeSelf(runtime);

  /**
   * The content is compared too: a holder of kind K that found us stale takes the lock over in place, in the same inode.
   */
  async function check(): Promise<boolean> {
    return (
      held !== undefined &&
      lease?.isLost === false &&
      (await held.isAtPath()) &&
      (await held.holds(line)) &&
      !lease.isLost
    );
  }

  async function create(): Promise<boolean> {
    await dropLost();
    if ((await unlessMissing(files.lstat(path))) !== undefined) {
      return false; // the common case under contention, at the price of one look
    }
    const file = await createAnew();
    return file !== undefined && holdWithLease(file);
  }

  /** The lock file first, which is one call: whoever took the lease first would hardly ever be quicker than those who need none. */
  async function holdWithLease(file: LockFile): Promise<boolean> {
    try {
      lease = await leases.take();
    } catch (error) {
      await quietly(removeUnlessTaken(file));
      await quietly(file.close());
      throw error;
    }
    if (lease === undefined) {
      await removeUnlessTaken(file);
      await file.close();
      return false;
    }
    held = file;
    try {
      if (await check()) {
        return true;
      }
    } catch (error) {
      await quietly(release());
      throw error;
    }
    await release(); // it took us so long that somebody has taken the file over
    return false;
  }

  async function takeOver(inspected: LockInspection): Promise<TakeOver> {
    await dropLost();
    const taken = await leases.take();
    if (taken === undefined) {
      return "busy";
    }
    try {
      held = await replaceAbandoned(inspected, taken);
    } catch (error) {
      await quietly(taken.release());
      throw error;
    }
    if (held === undefined) {
      await taken.release();
      return "changed";
    }
    lease = taken;
    return "taken";
  }

  /**
   * Only under the lease, which is looked at again when the file is out of the way: if this process was stopped just before, it may have lost
   * the lease, and the lock file, unchanged, may have a holder again. `undefined`: what was inspected is no longer there.
   */
  async function replaceAbandoned(inspected: LockInspection, taken: Lease): Promise<LockFile | undefined> {
    if (!(await unlessMissing(isStillAt(files, runtime, path, inspected)))) {
      return undefined;
    }
    const aside = `${path}.${randomName(clock)}.abandoned`;
    if ((await unlessMissing(files.rename(path, aside).then(() => true))) === undefined) {
      return undefined;
    }
    try {
      if (!(await isStillAt(files, runtime, aside, inspected)) || !(await taken.isHeld())) {
        await putBack(aside);
        return undefined;
      }
    } catch (error) {
      await quietly(putBack(aside));
      throw error;
    }
    await unlessMissing(files.unlink(aside));
    return createAnew();
  }

  /** Somebody took it, or wrote to it, between two looks: theirs it shall be, unless a third has created one by now. */
  async function putBack(aside: string): Promise<void> {
    try {
      await files.link(aside, path);
    } catch (error) {
      if (!hasCode(error, "EEXIST")) {
        throw error;
      }
    }
    await files.unlink(aside);
  }

  /** Written before it gets its name. Nobody finds it empty, takes it over, and is written over by a creator who was slow. */
  async function createAnew(): Promise<LockFile | undefined> {
    if (!canLink) {
      return createInPlace();
    }
    const prepared = await LockFile.prepare(files, runtime, path, line);
    let published: LockFile | undefined;
    try {
      published = await prepared.publish(path);
    } catch (error) {
      await prepared.removeName();
      await quietly(prepared.close());
      if (!hasCode(error, ...NO_LINKS)) {
        throw error;
      }
      canLink = false;
      return createInPlace();
    }
    if (published === undefined) {
      await prepared.removeName();
      await prepared.close();
    }
    return published;
  }

  async function createInPlace(): Promise<LockFile | undefined> {
    const file = await LockFile.create(files, runtime, path);
    try {
      if (file === undefined || (await file.isEmpty())) {
        await file?.write(line);
        return file;
      }
    } catch (error) {
      await quietly(removeUnlessTaken(file!));
      await quietly(file!.close());
      throw error;
    }
    // It took us so long that a holder of kind K has taken the file over: theirs it is.
    await file.close();
    return undefined;
  }

  /** A holder of kind K takes an empty file over in place: the inode alone does not tell whose it is. */
  async function removeUnlessTaken(file: LockFile): Promise<void> {
    if (await file.holdsNoMoreThan(line)) {
      await file.removeFromPath();
    }
  }

  async function dropLost(): Promise<void> {
    if (held !== undefined && !(await check())) {
      await release();
    }
  }

  async function touch(): Promise<boolean> {
    if (!(await check())) {
      return false;
    }
    await held!.touch(clock.now());
    return true;
  }

  /**
   * Compares before it removes. A file that is still ours goes even where the lease is lost: left behind, it would name a process
   * that lives, and everybody, ourselves first, would wait for it.
   */
  async function release(): Promise<void> {
    const file = held;
    const taken = lease;
    try {
      if (await file?.holds(line)) {
        await file?.removeFromPath();
      }
    } finally {
      held = undefined;
      lease = undefined;
      try {
        await taken?.release();
      } finally {
        await file?.close();
      }
    }
  }

  return { create, takeOver, check, touch, release };
}
