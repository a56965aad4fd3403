import type { Clock, Lock, LockInspection, TakeOver } from "../shared/capabilities.ts";
import { createClock } from "./clock.ts";
import { type FileSystem, Files, realFileSystem } from "./file-system.ts";
import { createKernelLock } from "./kernel-lock.ts";
import { isUnsupported, type KernelLocks, loadKernelLocks } from "./kernel-locks.ts";
import { createLeaseLock } from "./lease-lock.ts";
import { inspectLockFile } from "./lock-file.ts";
import { processAlive } from "./processes.ts";
import { waitForChange } from "./waiting.ts";

export interface LockOptions {
  readonly fs?: FileSystem;
  /** `false`: use a lease even where kernel locks can be had. Or the kernel locks to use. */
  readonly kernelLocks?: boolean | KernelLocks;
  readonly clock?: Clock;
  readonly platform?: NodeJS.Platform;
}

/** What both kinds work with. */
export interface LockParts {
  readonly path: string;
  readonly fs: FileSystem;
  readonly files: Files;
  readonly clock: Clock;
  readonly platform: NodeJS.Platform;
}

/** What differs between the two. */
export interface KindOfLock {
  create(): Promise<boolean>;
  takeOver(inspected: LockInspection): Promise<TakeOver>;
  check(): Promise<boolean>;
  touch(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Kind K where kernel locks can be had, else kind P. Nothing is loaded before the lock is first used. A file system that
 * turns out to have no kernel locks (some network file systems) makes it kind P for good.
 */
export function createLock(path: string, options: LockOptions = {}): Lock {
  const { fs = realFileSystem, kernelLocks = true, clock = createClock(), platform = process.platform } = options;
  const files = new Files(fs);
  const parts: LockParts = { path, fs, files, clock, platform };
  let chosen: { kind: "K" | "P"; lock: KindOfLock } | undefined;

  function choose() {
    if (chosen === undefined) {
      const kernel = kernelLocks === true ? loadKernelLocks() : kernelLocks || undefined;
      chosen = kernel
        ? { kind: "K", lock: createKernelLock(parts, kernel) }
        : { kind: "P", lock: createLeaseLock(parts) };
    }
    return chosen;
  }

  async function withFallback<T>(attempt: (lock: KindOfLock) => Promise<T>): Promise<T> {
    const { kind, lock } = choose();
    try {
      return await attempt(lock);
    } catch (error) {
      if (kind === "P" || !isUnsupported(error)) {
        throw error;
      }
      chosen = { kind: "P", lock: createLeaseLock(parts) };
      return await attempt(chosen.lock);
    }
  }

  return {
    path,
    get kind() {
      return choose().kind;
    },
    create: () => withFallback((lock) => lock.create()),
    inspect: () => inspectLockFile(files, path, platform),
    takeOver: (inspected) => withFallback((lock) => lock.takeOver(inspected)),
    check: () => choose().lock.check(),
    touch: () => choose().lock.touch(),
    release: () => choose().lock.release(),
    wait: (ms) => waitForChange(fs, path, ms),
    processAlive: (pid) => processAlive(files, pid),
  };
}
