import type { Lock, LockInspection, TakeOver } from "../core/capabilities.ts";
import { Files } from "../files/file-system.ts";
import { processAlive } from "../files/processes.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { KernelLock } from "./kernel-lock.ts";
import { isUnsupported } from "./kernel-locks.ts";
import { LeaseLock } from "./lease-lock.ts";
import { inspectLockFile } from "./lock-inspection.ts";
import { waitUntilGone } from "./waiting.ts";
import { WaitingLine } from "./waiting-line.ts";

const decoder = new TextDecoder();

/** The clock that dates files differs from ours by this at most, rounding included. */
const CLOCKS_DIFFER_MS = 2000;

/** What both kinds work with. */
export interface LockParts {
  readonly path: string;
  readonly files: Files;
  readonly runtime: Runtime;
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
 * Kind K where kernel locks can be had, else kind P. Nothing is loaded before the lock is first used. A file system
 * that turns out to have no kernel locks (some network file systems) makes it kind P for good.
 */
export function createLock(runtime: Runtime, path: string): Lock {
  const files = new Files(runtime.fs);
  const parts: LockParts = { path, files, runtime };
  let seenMs = Number.POSITIVE_INFINITY;
  let namesUs = false;
  const line = new WaitingLine(files, runtime, path);
  let chosen: { kind: "K" | "P"; lock: KindOfLock } | undefined;

  function choose() {
    if (chosen === undefined) {
      const kernel = runtime.kernelLocks();
      chosen = kernel ? { kind: "K", lock: new KernelLock(parts, kernel) } : { kind: "P", lock: new LeaseLock(parts) };
    }
    return chosen;
  }

  async function withFallback<T>(attempt: (lock: KindOfLock) => Promise<T>): Promise<T> {
    const { lock } = choose();
    try {
      return await attempt(lock);
    } catch (error) {
      if (!isUnsupported(error)) {
        throw error;
      }
      chosen = { kind: "P", lock: new LeaseLock(parts) };
      return await attempt(chosen.lock);
    }
  }

  /**
   * Of a lock file that names our own number. If it was written before this process began, it is an earlier process's:
   * a container that was killed and started again has the same number again. Any later one is another thread's, since
   * the contenders of one thread do not meet here (process-queue.ts). A thread that was terminated left a file that
   * nobody locks any more; one that lives has kernel locks on its file, which will tell. (Of 40 workers terminated
   * while they committed, 20 left their file, which was then respected for 30 s.) A file with a number alone is the
   * Node peer's, which takes no kernel lock.
   */
  function isAbandonedByUs(): boolean {
    return seenMs < runtime.startedMs - CLOCKS_DIFFER_MS || (namesUs && choose().kind === "K");
  }

  return {
    path,
    get kind() {
      return choose().kind;
    },
    async create() {
      const created = await withFallback((lock) => lock.create());
      if (created) await line.leave();
      return created;
    },
    async inspect() {
      const seen = await inspectLockFile(files, runtime, path);
      seenMs = seen?.mtimeMs ?? Number.POSITIVE_INFINITY;
      namesUs = seen !== undefined && decoder.decode(seen.content).startsWith(`${runtime.pid} `);
      return seen;
    },
    async takeOver(inspected) {
      const outcome = await withFallback((lock) => lock.takeOver(inspected));
      if (outcome === "taken") await line.leave();
      return outcome;
    },
    check: () => choose().lock.check(),
    touch: () => choose().lock.touch(),
    async release() {
      await line.leave();
      await chosen?.lock.release();
    },
    async wait(ms) {
      if (await line.reachesFront(ms)) await waitUntilGone(runtime.fs, path, ms, { isLease: choose().kind === "P" });
    },
    processAlive: (pid) => (pid === runtime.pid && isAbandonedByUs() ? false : processAlive(files, pid, runtime)),
  };
}
