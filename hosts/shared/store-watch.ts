import type { StoreVersion } from "./capabilities.ts";
import type { FileWatcher } from "./file-system.ts";
import type { Runtime } from "./runtime.ts";

/** Where no watcher can be had. */
const POLL_MS = 1000;

export interface Watched {
  readonly runtime: Pick<Runtime, "fs" | "paths">;
  readonly location: string;
  /** The file the location leads to, where it is a link. */
  target(): Promise<string>;
  stat(): Promise<StoreVersion | undefined>;
}

/**
 * Watches the folder, not the file: a file that is replaced is another inode, and a watcher of it would see nothing any
 * more. On Node and Bun it does not keep the process running; Deno has no such watcher.
 */
export function watchStore(watched: Watched, onChange: () => void): () => void {
  const { fs, paths } = watched.runtime;
  const watchers: FileWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  function stop(): void {
    for (const watcher of watchers.splice(0)) {
      watcher.close();
    }
    clearTimeout(timer);
    timer = undefined;
  }

  function poll(): void {
    stop();
    if (ended) {
      return;
    }
    let last: string | undefined;
    const look = async (): Promise<void> => {
      const version = await watched.stat().catch(() => undefined);
      const seen = version ? `${version.inode} ${version.mtimeNs} ${version.size}` : "";
      if (ended) {
        return;
      }
      timer = setTimeout(look, POLL_MS).unref();
      if (last !== undefined && last !== seen) {
        onChange();
      }
      last = seen;
    };
    void look();
  }

  function watchFolderOf(path: string): void {
    const folder = paths.dirname(path);
    const name = paths.basename(path);
    try {
      const watcher = fs.watch(folder, { persistent: false }, (event, file) => {
        if (file === name || file === null) {
          onChange();
        } else if (event === "rename" && file === paths.basename(folder)) {
          poll(); // the folder itself has gone, and with it what this watcher could see
          onChange();
        }
      });
      watchers.push(watcher);
      watcher.on("error", poll);
    } catch {
      poll();
    }
  }

  watchFolderOf(watched.location);
  void watched.target().then(
    (target) => {
      if (!ended && timer === undefined && target !== watched.location) {
        watchFolderOf(target);
      }
    },
    () => undefined,
  );
  return () => {
    ended = true;
    stop();
  };
}
