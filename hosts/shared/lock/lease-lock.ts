import type { LockInspection, TakeOver } from "../core/capabilities.ts";
import { type Files, hasCode, quietly, unlessGone } from "../files/file-system.ts";
import { describeSelf } from "../files/processes.ts";
import { temporaryPath } from "../files/temporary-path.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { KernelLocks } from "./kernel-locks.ts";
import type { KindOfLock, LockParts } from "./kind-of-lock.ts";
import { createLeases, type Lease, type Leases } from "./lease.ts";
import { LockFile, NO_LINKS } from "./lock-file.ts";
import { isStillAt } from "./lock-inspection.ts";
import { closeLocked, lockPatiently } from "./locked-file.ts";

/**
 * Kind P: the exclusively created file, and beside it a lease that proves its holder alive. Given kernel locks it holds
 * those as well: they keep out peers that know no lease, as far as they reach.
 */
export class LeaseLock implements KindOfLock {
  readonly #path: string;
  readonly #files: Files;
  readonly #runtime: Runtime;
  readonly #leases: Leases;
  readonly #line: Uint8Array;
  readonly #kernel: KernelLocks | undefined;
  #held: LockFile | undefined;
  #lease: Lease | undefined;
  #canLink: boolean;
  #hasTriedLinks = false;

  constructor(parts: LockParts, kernel?: KernelLocks) {
    this.#path = parts.path;
    this.#files = parts.files;
    this.#runtime = parts.runtime;
    this.#leases = createLeases(parts);
    this.#line = describeSelf(parts.runtime);
    this.#kernel = kernel;
    this.#canLink = parts.runtime.platform !== "win32"; // as for kind K
  }

  async create(): Promise<boolean> {
    await this.#dropLost();
    if ((await unlessGone(this.#files.lstat(this.#path))) !== undefined) {
      return false; // the common case under contention, at the price of one look
    }
    const file = await this.#createAnew();
    return file !== undefined && this.#holdWithLease(file);
  }

  async takeOver(inspected: LockInspection): Promise<TakeOver> {
    await this.#dropLost();
    const taken = await this.#leases.take();
    if (taken === undefined) {
      return "busy";
    }
    let file: LockFile | "busy" | undefined;
    try {
      file = await unlessGone(this.#replaceUnlessLocked(inspected, taken));
    } catch (error) {
      await quietly(taken.release());
      throw error;
    }
    if (file === undefined || file === "busy") {
      await taken.release();
      return file ?? "changed";
    }
    this.#held = file;
    this.#lease = taken;
    return "taken";
  }

  /**
   * The content is compared too: a holder of kind K that found us stale takes the lock
   * over in place, in the same inode.
   */
  async check(): Promise<boolean> {
    return (
      this.#held !== undefined &&
      this.#lease?.isLost === false &&
      (await this.#held.isAtPath()) &&
      (await this.#held.holds(this.#line)) &&
      !this.#lease.isLost
    );
  }

  async touch(): Promise<boolean> {
    if (!(await this.check())) {
      return false;
    }
    return this.#held!.touch(this.#runtime.clock.now());
  }

  /**
   * Compares before it removes. A file that is still ours goes even where the lease is lost: left behind, it would name
   * a process that lives, and everybody, ourselves first, would wait for it.
   */
  async release(): Promise<void> {
    const file = this.#held;
    const taken = this.#lease;
    try {
      if (file !== undefined && (await this.#isOwn(file, taken))) {
        await file.removeFromPath();
      }
    } finally {
      this.#held = undefined;
      this.#lease = undefined;
      try {
        await taken?.release();
      } finally {
        if (file !== undefined) {
          await this.#close(file);
        }
      }
    }
  }

  /** What cannot be read is still ours where the lease is: none of ours takes it over beside one. */
  async #isOwn(file: LockFile, taken: Lease | undefined): Promise<boolean> {
    try {
      return await file.holds(this.#line);
    } catch (error) {
      if (!(await taken?.isHeld())) {
        throw error;
      }
      return true;
    }
  }

  /**
   * Written before it gets its name. Nobody finds it empty, takes it over, and is written
   * over by a creator who was slow.
   */
  async #createAnew(): Promise<LockFile | undefined> {
    if (!this.#canLink) {
      return this.#createInPlace();
    }
    const prepared = await LockFile.prepare(this.#files, this.#runtime, this.#path, this.#line);
    let published: LockFile | undefined;
    try {
      this.#kernel?.lock(prepared.fd, prepared.path); // nobody else knows the file
      if (!this.#hasTriedLinks) await prepared.tryLink(this.#path, this.#runtime);
      this.#hasTriedLinks = true;
      published = await prepared.publish(this.#path);
    } catch (error) {
      await prepared.removeName();
      await quietly(this.#close(prepared));
      if (!hasCode(error, ...NO_LINKS)) {
        throw error;
      }
      this.#canLink = false;
      return this.#createInPlace();
    }
    if (published === undefined) {
      await prepared.removeName();
      await this.#close(prepared);
    }
    return published;
  }

  async #createInPlace(): Promise<LockFile | undefined> {
    const file = await LockFile.create(this.#files, this.#runtime, this.#path);
    try {
      if (file === undefined || ((await this.#isLocked(file)) && (await file.isEmpty()))) {
        await file?.write(this.#line);
        return file;
      }
    } catch (error) {
      await quietly(this.#removeUnlessTaken(file!));
      await quietly(this.#close(file!));
      throw error;
    }
    // It took us so long that a holder of kind K has taken the file over: theirs it is.
    await this.#close(file);
    return undefined;
  }

  /** `false`: somebody else has kernel locks on it. */
  async #isLocked(file: LockFile): Promise<boolean> {
    return this.#kernel === undefined || lockPatiently(this.#kernel, file, this.#runtime.clock);
  }

  #close(file: LockFile): Promise<void> {
    return closeLocked(this.#kernel, file);
  }

  /**
   * The lock file first, which is one call: whoever took the lease first would hardly ever be
   * quicker than those who need none.
   */
  async #holdWithLease(file: LockFile): Promise<boolean> {
    try {
      this.#lease = await this.#leases.take();
    } catch (error) {
      await quietly(this.#removeUnlessTaken(file));
      await quietly(this.#close(file));
      throw error;
    }
    if (this.#lease === undefined) {
      await this.#removeUnlessTaken(file);
      await this.#close(file);
      return false;
    }
    this.#held = file;
    try {
      if (await this.check()) {
        return true;
      }
    } catch (error) {
      await quietly(this.release());
      throw error;
    }
    await this.release(); // it took us so long that somebody has taken the file over
    return false;
  }

  /** What a live holder has kernel locks on is not abandoned, whatever else it looks like. */
  async #replaceUnlessLocked(inspected: LockInspection, taken: Lease): Promise<LockFile | "busy" | undefined> {
    if (this.#kernel === undefined) {
      return this.#replaceAbandoned(inspected, taken);
    }
    const there = await LockFile.open(this.#files, this.#runtime, this.#path);
    if (there === undefined) {
      return undefined;
    }
    try {
      return this.#kernel.lock(there.fd, there.path) ? await this.#replaceAbandoned(inspected, taken) : "busy";
    } finally {
      await this.#close(there);
    }
  }

  /**
   * Only under the lease, which is looked at again when the file is out of the way: a process that was stopped just
   * before may have lost the lease, and the lock file, though unchanged, may have a holder again. `undefined`: what
   * was inspected is no longer there.
   */
  async #replaceAbandoned(inspected: LockInspection, taken: Lease): Promise<LockFile | undefined> {
    if (!(await unlessGone(isStillAt(this.#files, this.#runtime, this.#path, inspected)))) {
      return undefined;
    }
    const aside = temporaryPath(this.#runtime, this.#path); // which is swept if we are killed now
    if ((await unlessGone(this.#files.rename(this.#path, aside).then(() => true))) === undefined) {
      return undefined;
    }
    try {
      if (!(await isStillAt(this.#files, this.#runtime, aside, inspected)) || !(await taken.isHeld())) {
        await this.#putBack(aside);
        return undefined;
      }
    } catch (error) {
      await quietly(this.#putBack(aside));
      throw error;
    }
    await unlessGone(this.#files.unlink(aside));
    return this.#createAnew();
  }

  /** Somebody took it, or wrote to it, between two looks: theirs it shall be, unless a third has created one by now. */
  async #putBack(aside: string): Promise<void> {
    try {
      await this.#files.link(aside, this.#path);
    } catch (error) {
      if (!hasCode(error, "EEXIST")) {
        throw error;
      }
    }
    await this.#files.unlink(aside);
  }

  /** A holder of kind K takes an empty file over in place: the inode alone does not tell whose it is. */
  async #removeUnlessTaken(file: LockFile): Promise<void> {
    if (await file.holdsNoMoreThan(this.#line)) {
      await file.removeFromPath();
    }
  }

  async #dropLost(): Promise<void> {
    if (this.#held !== undefined && !(await this.check())) {
      await this.release();
    }
  }
}
