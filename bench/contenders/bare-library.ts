import { closeSync, fsync, openSync, readFileSync, renameSync, type Stats, statSync, writeSync } from "node:fs";
import process from "node:process";
import { promisify } from "node:util";
import type { CacheContext } from "../../hosts/shared/memory-hand-over.ts";

const syncFile = promisify(fsync);

interface BareFile {
  readonly path: string;
  readonly sync: boolean;
}

/**
 * The least that a plugin can do which keeps a file whole: read what has changed, write what MSAL has, rename. It takes no lock and merges nothing, so several
 * of them lose each other's tokens. What it takes is msal-node's and the disk's, so nobody can take less.
 */
class BarePlugin {
  readonly #file: BareFile;
  #seen: Stats | undefined;

  constructor(file: BareFile) {
    this.#file = file;
  }

  async beforeCacheAccess({ tokenCache }: CacheContext): Promise<void> {
    const found = statSync(this.#file.path, { throwIfNoEntry: false });
    if (found === undefined || (found.ino === this.#seen?.ino && found.mtimeMs === this.#seen.mtimeMs)) return;
    tokenCache.deserialize(readFileSync(this.#file.path, "utf8"));
    this.#seen = found;
  }

  async afterCacheAccess({ cacheHasChanged, tokenCache }: CacheContext): Promise<void> {
    if (!cacheHasChanged) return;
    const { path, sync } = this.#file;
    const temporary = `${path}.${process.pid}.tmp`;
    const fd = openSync(temporary, "w", 0o600);
    writeSync(fd, tokenCache.serialize());
    if (sync) await syncFile(fd);
    closeSync(fd);
    renameSync(temporary, path);
    this.#seen = statSync(path);
  }
}

/** Under the names that a contender asks for. */
export const bareLibrary = {
  FilePersistence: {
    create: async (path: string, _logger?: unknown, { sync = true } = {}): Promise<BareFile> => ({ path, sync }),
  },
  PersistenceCachePlugin: BarePlugin,
};
