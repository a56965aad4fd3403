import type { Runtime } from "../runtime/runtime.ts";
import { type Files, quietly } from "./file-system.ts";
import { processAlive } from "./processes.ts";
import { mayBeShared } from "./shared-file-system.ts";

/**
 * A write takes milliseconds, and whoever waits dates its file again and again: what is
 * older than this was left behind.
 */
const STALE_TEMPORARY_MS = 60_000;

/**
 * Removes what was left beside the file by writers that were killed, and by contenders that were killed while they
 * waited for its lock. What names our own process number was left by an earlier process that had it.
 */
export async function removeLeftovers(files: Files, runtime: Runtime, target: string): Promise<void> {
  const { paths } = runtime;
  const now = runtime.clock.now();
  const isOld = (time: bigint) => now - Number(time) > STALE_TEMPORARY_MS;
  const folder = paths.dirname(target);
  const prefix = `.${paths.basename(target)}.`;
  for (const name of await files.readdir(folder)) {
    const pid =
      name.startsWith(prefix) && /^(?:lockfile\.)?(\d+)\.[0-9a-f]+\.tmp$/.exec(name.slice(prefix.length))?.[1];
    // What is another user's, or a folder, keeps none of the others here.
    if (pid) await quietly(removeIfLeft(paths.join(folder, name), Number(pid)));
  }

  /**
   * Of a file that another machine is just creating NFS 3 has some number in the place of the modification time (RFC
   * 1813, 3.3.8, EXCLUSIVE), 1997 for example in 385 of 1,725 looks, and its process is none here.
   */
  async function removeIfLeft(path: string, pid: number): Promise<void> {
    const { mtimeMs, ctimeMs } = await files.lstat(path);
    const gone = pid === runtime.pid || !(await processAlive(files, pid, runtime));
    if (gone && isOld(mtimeMs) && (isOld(ctimeMs) || !mayBeShared(runtime, path))) {
      await files.unlink(path);
    }
  }
}
