import { type Files, quietly } from "../files/file-system.ts";
import { describeSelf } from "../files/processes.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { KernelLocks } from "./kernel-locks.ts";
import type { LockParts } from "./kind-of-lock.ts";
import { LockFile } from "./lock-file.ts";
import { closeLocked } from "./locked-file.ts";

/** Contenders call a file abandoned after 30 s. */
const YOUNG_MS = 1_000;

/**
 * A lock file that is written and locked before it gets its name. Where somebody else's file has the name, this one is
 * kept for the next try, which is then one call: of 8 processes 7 come too late each time.
 */
export class PreparedLockFile {
  readonly #path: string;
  readonly #files: Files;
  readonly #runtime: Runtime;
  readonly #kernel: KernelLocks;
  #file: LockFile | undefined;
  /** It has been tried. */
  #canLink = false;
  /** By our clock. */
  #datedAt = 0;

  constructor({ path, files, runtime }: LockParts, kernel: KernelLocks) {
    this.#path = path;
    this.#files = files;
    this.#runtime = runtime;
    this.#kernel = kernel;
  }

  get isThere(): boolean {
    return this.#file !== undefined;
  }

  /** Unless one is there. */
  async prepare(): Promise<void> {
    if (this.#file !== undefined) return;
    const file = await LockFile.prepare(this.#files, this.#runtime, this.#path, describeSelf(this.#runtime));
    this.#file = file;
    try {
      this.#kernel.lock(file.fd, file.path); // nobody else knows the file
      this.#datedAt = this.#runtime.clock.now();
    } catch (error) {
      await this.giveUp();
      throw error;
    }
  }

  /** `undefined`: there is a lock file, and this one may be tried again. */
  async publish(): Promise<LockFile | undefined> {
    await this.#keepYoung();
    if (!this.#canLink) await this.#file!.tryLink(this.#path, this.#runtime);
    this.#canLink = true;
    const published = await this.#file!.publish(this.#path);
    if (published !== undefined) this.#file = undefined;
    return published;
  }

  async giveUp(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    await file.removeName();
    await quietly(closeLocked(this.#kernel, file));
  }

  /** A holder's file is believed by its age. */
  async #keepYoung(): Promise<void> {
    const now = this.#runtime.clock.now();
    if (Math.abs(now - this.#datedAt) <= YOUNG_MS) return;
    await this.#file!.touch(now);
    this.#datedAt = now;
  }
}
