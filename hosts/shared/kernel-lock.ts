import type { LockInspection, TakeOver } from "./capabilities.ts";
import { hasCode, quietly, unlessMissing } from "./file-system.ts";
import type { KernelLocks } from "./kernel-locks.ts";
import { removeLeftovers } from "./leftovers.ts";
import type { KindOfLock, LockParts } from "./lock.ts";
import { LockFile, NO_LINKS } from "./lock-file.ts";
import { describeSelf } from "./processes.ts";

/** Waits between a creator's tries for its first kernel lock, about 10 ms in all. */
const PATIENCE_MS = [1, 2, 3, 4];

/** Contenders call a file abandoned after 30 s. */
const YOUNG_MS = 1_000;

/** A lock file that waits for its name. */
interface Prepared {
  readonly file: LockFile;
  /** By our clock. */
  datedAt: number;
}

/** Kind K: the exclusively created file with kernel locks on it, which a crash frees at once. */
export function createKernelLock({ path, files, runtime }: LockParts, kernel: KernelLocks): KindOfLock {
  const { clock, platform } = runtime;
  let held: LockFile | undefined;
  let prepared: Prepared | undefined;
  /** Others wait for this lock too, and may have been killed while they did. */
  let isContended = false;
  let swept = false;
  let canLink = platform !== "win32"; // there, an open file with locked bytes is not linked

  /** The kernel's locks go with the descriptors they are on. */
  async function close(file: LockFile): Promise<void> {
    kernel.letGo(file.fd);
    await file.close();
  }

  async function check(): Promise<boolean> {
    return held !== undefined && (await held.isAtPath());
  }

  /** What was taken away from us keeps no descriptor. */
  async function dropLost(): Promise<void> {
    if (held !== undefined && !(await check())) {
      const lost = held;
      held = undefined;
      await close(lost);
    }
  }

  async function lockPatiently(file: LockFile): Promise<boolean> {
    for (const ms of PATIENCE_MS) {
      if (kernel.lock(file.fd, file.path)) {
        return true;
      }
      await clock.sleep(ms);
    }
    return kernel.lock(file.fd, file.path);
  }

  async function create(): Promise<boolean> {
    await dropLost();
    if (held !== undefined) {
      return false;
    }
    return canLink ? createWhole() : createInPlace();
  }

  /**
   * Written and locked before it gets its name. Where somebody else's has it, the file is kept for the next try, which is then one call: of 8
   * processes 7 come too late each time.
   */
  async function createWhole(): Promise<boolean> {
    const isFirstTry = prepared === undefined;
    if (!isFirstTry && (await unlessMissing(files.lstat(path))) !== undefined) {
      return false; // to link onto a name that is taken holds up everybody who changes the folder
    }
    prepared ??= await prepare();
    try {
      await keepYoung(prepared);
      held = await prepared.file.publish(path);
    } catch (error) {
      await giveUpPrepared();
      if (!isFirstTry && hasCode(error, "ENOENT")) {
        return createWhole(); // it was removed meanwhile, with its folder perhaps
      }
      if (!hasCode(error, ...NO_LINKS)) {
        throw error;
      }
      canLink = false;
      return createInPlace();
    }
    if (held === undefined) {
      isContended = true;
      return false;
    }
    prepared = undefined;
    return true;
  }

  async function prepare(): Promise<Prepared> {
    const file = await LockFile.prepare(files, runtime, path, describeSelf(runtime));
    try {
      kernel.lock(file.fd, file.path); // nobody else knows the file
      return { file, datedAt: clock.now() };
    } catch (error) {
      await file.removeName();
      await quietly(close(file));
      throw error;
    }
  }

  /** A holder's file is believed by its age. */
  async function keepYoung(kept: Prepared): Promise<void> {
    const now = clock.now();
    if (Math.abs(now - kept.datedAt) > YOUNG_MS) {
      await kept.file.touch(now);
      kept.datedAt = now;
    }
  }

  async function giveUpPrepared(): Promise<void> {
    const kept = prepared;
    prepared = undefined;
    if (kept !== undefined) {
      await kept.file.removeName();
      await quietly(close(kept.file));
    }
  }

  async function createInPlace(): Promise<boolean> {
    const file = await LockFile.create(files, runtime, path);
    if (file === undefined) {
      return false;
    }
    try {
      if ((await lockPatiently(file)) && (await file.isAtPath())) {
        await file.write(describeSelf(runtime));
        held = file;
        return true;
      }
    } catch (error) {
      // Created here, and locked here unless locking is what failed; nobody relies on it.
      await quietly(file.removeFromPath());
      await quietly(close(file));
      throw error;
    }
    // Somebody opened the file before it was locked and holds the lock on it now (Go and .NET open what is there), or has
    // removed it. It is theirs to remove. Should they be killed, it is an empty file, abandoned after 2 s.
    await close(file);
    return false;
  }

  async function takeOver(inspected: LockInspection): Promise<TakeOver> {
    await dropLost();
    const file = await openExisting();
    if (file === undefined || file === "busy") {
      return file ?? "changed";
    }
    const outcome = await takeOverFile(file, inspected).catch(async (error) => {
      await quietly(close(file));
      throw error;
    });
    if (outcome === "taken") {
      held = file;
    } else {
      await close(file);
    }
    return outcome;
  }

  async function openExisting(): Promise<LockFile | "busy" | undefined> {
    try {
      return await LockFile.open(files, runtime, path);
    } catch (error) {
      if (platform === "win32" && hasCode(error, "EBUSY", "EACCES", "EPERM")) {
        return "busy"; // opened by a holder who shares nothing
      }
      throw error;
    }
  }

  async function takeOverFile(file: LockFile, inspected: LockInspection): Promise<TakeOver> {
    if (!kernel.lock(file.fd, file.path)) {
      return "busy";
    }
    if (!(await file.isStill(inspected)) || !(await file.isAtPath())) {
      return "changed";
    }
    try {
      await file.rewrite(describeSelf(runtime));
      if (await file.isAtPath()) {
        return "taken";
      }
      // A holder of the other kind has moved it away and, finding it changed, will put it back. It must not name us then.
      await file.empty();
      return "changed";
    } catch (error) {
      await quietly(file.removeFromPath()); // proved abandoned, and still locked here
      throw error;
    }
  }

  async function touch(): Promise<boolean> {
    if (held === undefined || !(await held.isAtPath())) {
      return false;
    }
    await held.touch(clock.now());
    return true;
  }

  async function release(): Promise<void> {
    const file = held;
    held = undefined;
    try {
      await file?.removeFromPath(); // while the kernel locks still keep others out
    } finally {
      if (file !== undefined) {
        await close(file);
      }
      await giveUpPrepared();
    }
    if (isContended && !swept) {
      swept = true;
      await quietly(removeLeftovers(files, runtime, path));
    }
  }

  return { create, takeOver, check, touch, release };
}
