import {
  closeSync,
  fsync,
  openSync,
  readFileSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import type { CacheContext } from "../../hosts/shared/plugin/cache-context.ts";

const syncFile = promisify(fsync);

interface BareFile {
  readonly path: string;
  readonly sync: boolean;
}

/**
 * The least that a plugin can do which keeps a file whole: read what has changed, write what MSAL has, rename. It
 * takes no lock and merges nothing, so several of them lose each other's tokens. What it takes is msal-node's and the
 * disk's, so nobody can take less.
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

/**
 * The same for several on one file, which is one's alone from before MSAL reads it until it has been written.
 * Who is killed meanwhile keeps it.
 */
class BarePluginInTurn extends BarePlugin {
  readonly #lock: string;

  constructor(file: BareFile) {
    super(file);
    this.#lock = `${file.path}.lockfile`;
  }

  override async beforeCacheAccess(context: CacheContext): Promise<void> {
    if (context.cacheHasChanged) while (!this.#isTaken()) await setTimeout(1);
    await super.beforeCacheAccess(context);
  }

  override async afterCacheAccess(context: CacheContext): Promise<void> {
    await super.afterCacheAccess(context);
    if (context.cacheHasChanged) unlinkSync(this.#lock);
  }

  #isTaken(): boolean {
    try {
      closeSync(openSync(this.#lock, "wx", 0o600));
      return true;
    } catch {
      return false;
    }
  }
}

const FilePersistence = {
  create: async (path: string, _logger?: unknown, { sync = true } = {}): Promise<BareFile> => ({ path, sync }),
};

/** Under the names that a contender asks for. */
export const bareLibrary = { FilePersistence, PersistenceCachePlugin: BarePlugin };
export const bareLibraryInTurn = { FilePersistence, PersistenceCachePlugin: BarePluginInTurn };
