import { type FileSystem, type FileWatcher, hasCode } from "./file-system.ts";

/**
 * Resolves after `ms`, or as soon as the file changes or disappears; at once when there is none, unless a lease is
 * what is waited for (`isLease`), which may be left of a holder whose file is gone already. The timer keeps the
 * process running, since somebody is waiting for the outcome; the watcher does not.
 */
export function waitForChange(fs: FileSystem, path: string, ms: number, isLease: boolean): Promise<void> {
  return new Promise((resolve) => {
    let watcher: FileWatcher | undefined;
    const end = () => {
      clearTimeout(timer);
      watcher?.close();
      resolve();
    };
    const timer = setTimeout(end, ms);
    try {
      watcher = fs.watch(path, { persistent: false }, end);
      watcher.on("error", () => watcher?.close()); // the timer remains
    } catch (error) {
      if (hasCode(error, "ENOENT") && !isLease) {
        end();
      } // else out of watches, or a file system without: the timer remains
    }
  });
}
