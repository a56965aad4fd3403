import type { StoreVersion } from "../core/capabilities.ts";
import { isSameVersion } from "../core/same-version.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { unref } from "../runtime/timer-ref.ts";
import type { FileWatcher } from "./file-system.ts";

/** Where no watcher can be had. */
const POLL_MS = 1000;
/**
 * Beside watchers: on network file systems, and in shared folders of virtual machines, they tell nothing of what others
 * write, and nowhere do they tell that a link has been pointed elsewhere, or a folder further up been replaced.
 */
const POLL_BESIDE_MS = 5000;

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
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  let last: { readonly version: StoreVersion | undefined } | undefined;

  function closeWatchers(): void {
    for (const watcher of watchers.splice(0)) watcher.close();
  }

  function lookLater(): void {
    clearTimeout(timer);
    if (ended) return;
    timer = setTimeout(look, watchers.length > 0 ? POLL_BESIDE_MS : POLL_MS);
    unref(timer);
  }

  async function look(): Promise<void> {
    const version = await watched.stat().catch(() => undefined);
    if (ended) return;
    const isChanged = last !== undefined && !isSameVersion(version, last.version);
    last = { version };
    if (isChanged || watchers.length === 0) watchAnew(); // it may be in another folder by now
    if (isChanged) onChange();
    lookLater();
  }

  function pollOnly(): void {
    closeWatchers();
    lookLater();
  }

  function watchAnew(): void {
    closeWatchers();
    const first = watchFolderOf(watched.location);
    const isCurrent = () => first !== undefined && watchers[0] === first;
    void watched.target().then(
      (target) => {
        if (isCurrent() && target !== watched.location) watchFolderOf(target);
      },
      () => undefined,
    );
  }

  function watchFolderOf(path: string): FileWatcher | undefined {
    const folder = paths.dirname(path);
    const name = paths.basename(path);
    try {
      const watcher = fs.watch(folder, { persistent: false }, (event, file) => {
        // The folder itself may have gone, and with it what this watcher could see. (Or its mode has changed; or the
        // file, where both have one name.)
        const isFolder = event === "rename" && file === paths.basename(folder);
        if (isFolder) watchAnew();
        if (isFolder || file === name || file === null) onChange();
      });
      watchers.push(watcher);
      watcher.on("error", pollOnly);
      return watcher;
    } catch {
      pollOnly();
      return undefined;
    }
  }

  watchAnew();
  void look();
  return () => {
    ended = true;
    closeWatchers();
    clearTimeout(timer);
  };
}
