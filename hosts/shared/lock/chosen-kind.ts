import { KernelLock } from "./kernel-lock.ts";
import { isUnsupported } from "./kernel-locks.ts";
import type { KindOfLock, LockParts } from "./kind-of-lock.ts";
import { LeaseLock } from "./lease-lock.ts";

/**
 * Kind K where kernel locks can be had, else kind P. Nothing is loaded before the lock is first used. A file system
 * that turns out to have no kernel locks (some network file systems) makes it kind P for good.
 */
export class ChosenKind {
  readonly #parts: LockParts;
  #kind: "K" | "P" = "P";
  #lock: KindOfLock | undefined;

  constructor(parts: LockParts) {
    this.#parts = parts;
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
      this.#lock = new LeaseLock(this.#parts);
      return await attempt(this.#lock);
    }
  }

  #choose(): KindOfLock {
    if (this.#lock === undefined) {
      const kernel = this.#parts.runtime.kernelLocks();
      this.#kind = kernel ? "K" : "P";
      this.#lock = kernel ? new KernelLock(this.#parts, kernel) : new LeaseLock(this.#parts);
    }
    return this.#lock;
  }
}
