import { mayBeShared } from "../files/shared-file-system.ts";
import { KernelLock } from "./kernel-lock.ts";
import { isUnsupported } from "./kernel-locks.ts";
import type { KindOfLock, LockParts } from "./kind-of-lock.ts";
import { LeaseLock } from "./lease-lock.ts";

/**
 * Kind K where kernel locks can be had, else kind P. Where another machine may use the folder, too, both: a lease, which
 * reaches it, and kernel locks for whom they reach. Nothing is loaded before the lock is first used. A file system that
 * turns out to have no kernel locks (some network file systems) makes it kind P alone for good.
 */
export class ChosenKind {
  readonly #parts: LockParts;
  #kind: "K" | "P" = "P";
  #hasKernelLocks = false;
  #lock: KindOfLock | undefined;

  constructor(parts: LockParts) {
    this.#parts = parts;
  }

  /** Held, or tried before anything is taken over. */
  get hasKernelLocks(): boolean {
    this.#choose();
    return this.#hasKernelLocks;
  }

  get kind(): "K" | "P" {
    this.#choose();
    return this.#kind;
  }

  check(): Promise<boolean> {
    return this.#choose().check();
  }

  touch(): Promise<boolean> {
    return this.#choose().touch();
  }

  /** What was never used holds nothing. */
  async release(): Promise<void> {
    await this.#lock?.release();
  }

  /** Creates or takes over. */
  async obtain<T>(attempt: (lock: KindOfLock) => Promise<T>): Promise<T> {
    const lock = this.#choose();
    try {
      return await attempt(lock);
    } catch (error) {
      if (!isUnsupported(error)) {
        throw error;
      }
      this.#kind = "P";
      this.#hasKernelLocks = false;
      this.#lock = new LeaseLock(this.#parts);
      return await attempt(this.#lock);
    }
  }

  #choose(): KindOfLock {
    if (this.#lock === undefined) {
      const { runtime, path } = this.#parts;
      const kernel = runtime.kernelLocks();
      this.#hasKernelLocks = kernel !== undefined;
      this.#kind = kernel && !mayBeShared(runtime, path) ? "K" : "P";
      this.#lock = this.#kind === "K" ? new KernelLock(this.#parts, kernel!) : new LeaseLock(this.#parts, kernel);
    }
    return this.#lock;
  }
}
