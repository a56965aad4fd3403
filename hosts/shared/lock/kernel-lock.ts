import type { LockInspection, TakeOver } from "../core/capabilities.ts";
import { type Files, hasCode, isGone, quietly, unlessGone } from "../files/file-system.ts";
import { removeLeftovers } from "../files/leftovers.ts";
import { describeSelf } from "../files/processes.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { KernelLocks } from "./kernel-locks.ts";
import type { KindOfLock, LockParts } from "./kind-of-lock.ts";
import { LockFile, NO_LINKS } from "./lock-file.ts";
import { closeLocked, lockPatiently } from "./locked-file.ts";
import { PreparedLockFile } from "./prepared-lock-file.ts";

/** Kind K: the exclusively created file with kernel locks on it, which a crash frees at once. */
export class KernelLock implements KindOfLock {
  readonly #path: string;
  readonly #files: Files;
  readonly #runtime: Runtime;
  readonly #kernel: KernelLocks;
  readonly #prepared: PreparedLockFile;
  #held: LockFile | undefined;
  #canLink: boolean;
  /** Others wait for this lock too, and may have been killed while they did. */
  #isContended = false;
  #swept = false;

  constructor({ path, files, runtime }: LockParts, kernel: KernelLocks) {
    this.#path = path;
    this.#files = files;
    this.#runtime = runtime;
    this.#kernel = kernel;
    this.#prepared = new PreparedLockFile({ path, files, runtime }, kernel);
    this.#canLink = runtime.platform !== "win32"; // there, an open file with locked bytes is not linked
  }

  async create(): Promise<boolean> {
    await this.#dropLost();
    if (this.#held !== undefined) {
      return false;
    }
    return this.#canLink ? this.#createWhole() : this.#createInPlace();
  }

  async takeOver(inspected: LockInspection): Promise<TakeOver> {
    await this.#dropLost();
    const file = await this.#openExisting();
    if (file === undefined || file === "busy") {
      return file ?? "changed";
    }
    const outcome = await unlessGone(this.#takeOverFile(file, inspected)).catch(async (error) => {
      await quietly(this.#close(file));
      throw error;
    });
    if (outcome === "taken") {
      this.#held = file;
    } else {
      await this.#close(file);
    }
    return outcome ?? "changed";
  }

  async check(): Promise<boolean> {
    return this.#held !== undefined && (await this.#held.isAtPath());
  }

  async touch(): Promise<boolean> {
    if (this.#held === undefined || !(await this.#held.isAtPath())) {
      return false;
    }
    return this.#held.touch(this.#runtime.clock.now());
  }

  async release(): Promise<void> {
    const file = this.#held;
    this.#held = undefined;
    try {
      await file?.removeFromPath(); // while the kernel locks still keep others out
    } finally {
      if (file !== undefined) {
        await this.#close(file);
      }
      await this.#prepared.giveUp();
    }
    if (this.#isContended && !this.#swept) {
      this.#swept = true;
      await quietly(removeLeftovers(this.#files, this.#runtime, this.#path));
    }
  }

  async #createWhole(): Promise<boolean> {
    const isFirstTry = !this.#prepared.isThere;
    if (!isFirstTry && (await unlessGone(this.#files.lstat(this.#path))) !== undefined) {
      return false; // to link onto a name that is taken holds up everybody who changes the folder
    }
    await this.#prepared.prepare();
    try {
      this.#held = await this.#prepared.publish();
    } catch (error) {
      await this.#prepared.giveUp();
      if (!isFirstTry && isGone(error)) {
        return this.#createWhole(); // it was removed meanwhile, with its folder perhaps
      }
      if (!hasCode(error, ...NO_LINKS)) {
        throw error;
      }
      this.#canLink = false;
      return this.#createInPlace();
    }
    this.#isContended ||= this.#held === undefined;
    return this.#held !== undefined;
  }

  async #createInPlace(): Promise<boolean> {
    const file = await LockFile.create(this.#files, this.#runtime, this.#path);
    if (file === undefined) {
      return false;
    }
    try {
      if ((await lockPatiently(this.#kernel, file, this.#runtime.clock)) && (await file.isAtPath())) {
        await file.write(describeSelf(this.#runtime));
        this.#held = file;
        return true;
      }
    } catch (error) {
      // Created here, and locked here unless locking is what failed; nobody relies on it.
      await quietly(file.removeFromPath());
      await quietly(this.#close(file));
      throw error;
    }
    // Somebody opened the file before it was locked and holds the lock on it now (Go and .NET open what is there), or
    // has removed it. It is theirs to remove. Should they be killed, it is an empty file, abandoned after 2 s.
    await this.#close(file);
    return false;
  }

  async #openExisting(): Promise<LockFile | "busy" | undefined> {
    try {
      return await LockFile.open(this.#files, this.#runtime, this.#path);
    } catch (error) {
      if (this.#runtime.platform === "win32" && hasCode(error, "EBUSY", "EACCES", "EPERM")) {
        return "busy"; // opened by a holder who shares nothing
      }
      throw error;
    }
  }

  async #takeOverFile(file: LockFile, inspected: LockInspection): Promise<TakeOver> {
    if (!this.#kernel.lock(file.fd, file.path)) {
      return "busy";
    }
    if (!(await file.isStill(inspected)) || !(await file.isAtPath())) {
      return "changed";
    }
    try {
      await file.rewrite(describeSelf(this.#runtime));
      if (await file.isAtPath()) {
        return "taken";
      }
      // A holder of the other kind has moved it away and, finding it changed, will put it
      // back. It must not name us then.
      await file.empty();
      return "changed";
    } catch (error) {
      await quietly(file.removeFromPath()); // proved abandoned, and still locked here
      throw error;
    }
  }

  /** What was taken away from us keeps no descriptor. */
  async #dropLost(): Promise<void> {
    if (this.#held !== undefined && !(await this.check())) {
      const lost = this.#held;
      this.#held = undefined;
      await this.#close(lost);
    }
  }

  #close(file: LockFile): Promise<void> {
    return closeLocked(this.#kernel, file);
  }
}
