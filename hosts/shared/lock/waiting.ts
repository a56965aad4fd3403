import { type FileSystem, type FileWatcher, hasCode } from "../files/file-system.ts";

/**
 * Resolves after `ms`, or as soon as there is no file at the path. At once when there is none now, unless a lease is
 * waited for (`isLease`): that may be left of a holder whose file is gone already. Whoever loses the race for a file
 * that was removed goes on with the next one: of 8 processes 7 lose each time. The timer keeps the process running,
 * since somebody waits for the outcome; the watcher does not.
 */
export function waitUntilGone(fs: FileSystem, path: string, ms: number, { isLease = false } = {}): Promise<void> {
  return new Promise((resolve) => {
    let watcher: FileWatcher | undefined;
    const end = () => {
      clearTimeout(timer);
      stopWatching();
      resolve();
    };
    const timer = setTimeout(end, ms);
    const stopWatching = () => {
      watcher?.close();
      watcher = undefined;
    };

    /** `false`: there is nothing to watch. */
    function watchPath(): boolean {
      try {
        const watching = fs.watch(path, { persistent: false }, () => {
          if (watching !== watcher) return; // it had something left to say when it was closed
          stopWatching();
          if (!watchPath()) end();
        });
        watcher = watching;
        watching.on("error", () => watching.close()); // the timer remains
        return true;
      } catch (error) {
        return !hasCode(error, "ENOENT"); // else out of watches, or a file system without: the timer remains
      }
    }

    if (!watchPath() && !isLease) end();
  });
}
