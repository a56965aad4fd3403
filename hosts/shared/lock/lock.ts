import type { Lock } from "../core/capabilities.ts";
import { Files, unlessGone } from "../files/file-system.ts";
import { processAlive } from "../files/processes.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { ChosenKind } from "./chosen-kind.ts";
import { inspectLockFile } from "./lock-inspection.ts";
import { waitUntilGone } from "./waiting.ts";
import { WaitingLine } from "./waiting-line.ts";

const decoder = new TextDecoder();

/** The clock that dates files differs from ours by this at most, rounding included. */
const CLOCKS_DIFFER_MS = 2000;

/** The lock on one lock file, of the kind that can be had here, with the line of those who wait for it. */
export function createLock(runtime: Runtime, path: string): Lock {
  const files = new Files(runtime.fs);
  const chosen = new ChosenKind({ path, files, runtime });
  const line = new WaitingLine(files, runtime, path);
  let seenMs = Number.POSITIVE_INFINITY;
  let namesUs = false;

  /**
   * Of a lock file that names our own number. If it was written before this process began, it is an earlier process's:
   * a container that was killed and started again has the same number again. Any later one is another thread's, since
   * the contenders of one thread do not meet here (process-queue.ts). A thread that was terminated left a file that
   * nobody locks any more; one that lives has kernel locks on its file, which will tell. (Of 40 workers terminated
   * while they committed, 20 left their file, which was then respected for 30 s.) A file with a number alone is the
   * Node peer's, which takes no kernel lock.
   */
  function isAbandonedByUs(): boolean {
    return seenMs < runtime.startedMs - CLOCKS_DIFFER_MS || (namesUs && chosen.hasKernelLocks);
  }

  return {
    path,
    get kind() {
      return chosen.kind;
    },
    hasFolder: async () => (await unlessGone(files.stat(runtime.paths.dirname(path)))) !== undefined,
    async create() {
      const created = await chosen.obtain((lock) => lock.create());
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
      const outcome = await chosen.obtain((lock) => lock.takeOver(inspected));
      if (outcome === "taken") await line.leave();
      return outcome;
    },
    check: () => chosen.check(),
    touch: () => chosen.touch(),
    async release() {
      await line.leave();
      await chosen.release();
    },
    async wait(ms) {
      if (await line.reachesFront(ms)) await waitUntilGone(runtime.fs, path, ms, { isLease: chosen.kind === "P" });
    },
    processAlive: (pid) => (pid === runtime.pid && isAbandonedByUs() ? false : processAlive(files, pid, runtime)),
  };
}
