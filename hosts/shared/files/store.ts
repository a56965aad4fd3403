import type { Awaitable, Store, StoredContent, StoreVersion } from "../core/capabilities.ts";
import { isSameVersion } from "../core/same-version.ts";
import { randomName } from "../runtime/random-name.ts";
import type { Runtime } from "../runtime/runtime.ts";
import {
  assertFile,
  closing,
  type FileStatus,
  Files,
  hasCode,
  O_RDONLY,
  quietly,
  unlessMissing,
} from "./file-system.ts";
import { followLinks } from "./follow-links.ts";
import { removeLeftovers } from "./leftovers.ts";
import { isLocalFileSystem } from "./local-file-system.ts";
import { makeFolder } from "./make-folder.ts";
import { giveToOwnerOfFolder, giveToOwnerOfOriginal } from "./owner.ts";
import { readUnchanged } from "./read-unchanged.ts";
import { watchStore } from "./store-watch.ts";
import { temporaryPath } from "./temporary-path.ts";
import { dateUniquely } from "./unique-time.ts";

/**
 * Windows refuses to rename onto, remove or read what a virus scanner or a peer has open just then. About 2 s in all.
 */
const WINDOWS_WAITS_MS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000];

/** How often a file is looked at again that another machine replaces meanwhile. */
const MAX_LOOKS = 10;

const ANYTHING = new Uint8Array(1);

export interface FileStoreOptions {
  /**
   * `false`: do not wait for the disk, as the peers do not. What is written is still replaced as a whole, and a crash
   * of the process still loses nothing. A power cut may: the last writes or, on a file system that does not order a
   * rename after the data, the whole file. For tokens that can be fetched again, not for refresh tokens.
   */
  readonly sync?: boolean | undefined;
}

/** What becomes of a new file beside what is written into it. */
interface NewFile {
  readonly sync: boolean;
  /** Hands it to whose it should be. */
  readonly give: (fd: number) => Promise<void>;
}

function versionOf(stat: FileStatus): StoreVersion {
  return { mtimeNs: stat.mtimeNs, size: stat.size, inode: stat.ino };
}

function damagedName(path: string, time: number, digits: string): string {
  const stamp = new Date(time).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${path}.damaged-${stamp}-${digits.slice(-8)}`;
}

/**
 * NFS says ESTALE of a file that another machine replaces between two calls. There is one all the same: it is not
 * absence, which would count as a sign-out.
 */
async function againIfReplaced<T>(look: () => Promise<T>): Promise<T> {
  for (let looks = 1; ; looks++) {
    try {
      return await look();
    } catch (error) {
      if (!hasCode(error, "ESTALE") || looks === MAX_LOOKS) throw error;
    }
  }
}

/** A file, replaced as a whole, readable by its owner only. */
export class FileStore implements Store {
  readonly location: string;
  readonly #files: Files;
  readonly #runtime: Runtime;
  readonly #sync: boolean;
  #swept = false;
  /** What has been renamed or removed, and a power cut may still undo. */
  readonly #unsettled = new Set<string>();
  /** What was set aside last. */
  #kept: { readonly version: StoreVersion; readonly name: string } | undefined;
  /** The descriptor of the file that was replaced last. */
  #replaced: number | undefined;

  constructor(runtime: Runtime, location: string, { sync }: FileStoreOptions = {}) {
    this.location = location;
    this.#files = new Files(runtime.fs);
    this.#runtime = runtime;
    this.#sync = sync ?? true;
  }

  stat(): Promise<StoreVersion | undefined> {
    return againIfReplaced(async () => {
      const found = await unlessMissing(this.#files.stat(this.location));
      return found && versionOf(assertFile(found, this.location));
    });
  }

  read(maxBytes?: number): Promise<StoredContent | undefined> {
    return againIfReplaced(async () => {
      const fd = await unlessMissing(this.#openExisting());
      if (fd === undefined) return undefined;
      const { status, content } = await closing(this.#files, fd, () =>
        readUnchanged(this.#files, fd, this.location, maxBytes),
      );
      return { version: versionOf(status), content };
    });
  }

  async replace(content: Uint8Array, beforePublishing?: () => Awaitable<void>): Promise<StoreVersion> {
    const target = await this.#target();
    const temporary = temporaryPath(this.#runtime, target);
    const give = (fd: number) => giveToOwnerOfFolder(this.#files, this.#runtime, fd, temporary);
    const version = await this.#writeNew(temporary, content, { sync: this.#sync, give });
    this.#letGoOfReplaced();
    const old = await this.#openOld(target);
    try {
      await beforePublishing?.();
      await this.#patiently(() => this.#files.rename(temporary, target));
    } catch (error) {
      await quietly(this.#files.unlink(temporary));
      if (old !== undefined) {
        await quietly(this.#files.close(old));
      }
      throw error;
    }
    this.#letGoOfReplaced(); // of a write that was under way at the same time
    this.#replaced = old;
    this.#unsettled.add(target);
    return version;
  }

  async settle(): Promise<void> {
    const targets = [...this.#unsettled];
    this.#unsettled.clear();
    if (this.#sync) {
      await Promise.all(targets.map((target) => this.#syncName(target)));
    }
    this.#letGoOfReplaced();
    if (targets.length > 0 && !this.#swept) {
      this.#swept = true;
      await quietly(this.#target().then((path) => removeLeftovers(this.#files, this.#runtime, path)));
    }
  }

  async remove(): Promise<boolean> {
    const target = await this.#target();
    const removed = await unlessMissing(this.#patiently(() => this.#files.unlink(target).then(() => true)));
    if (removed) {
      this.#unsettled.add(target);
    }
    return removed ?? false;
  }

  /**
   * A copy rather than a second link: the family's other members write in place, and would write into a
   * link's content too. Only where a copy finds no room is a link better than nothing. Beside the file
   * itself, where the location is a link.
   */
  async setAside(): Promise<string> {
    const path = await this.#target();
    const fd = await this.#patiently(() => this.#files.open(path, O_RDONLY | this.#runtime.nonBlock));
    const { status, content } = await closing(this.#files, fd, () => readUnchanged(this.#files, fd, path));
    const version = versionOf(status);
    if (await this.#isKept(version)) {
      return this.#kept!.name;
    }
    const { clock } = this.#runtime;
    let name = damagedName(path, clock.now(), randomName(clock));
    const give = (copy: number) => giveToOwnerOfOriginal(this.#files, this.#runtime, copy, status);
    try {
      await this.#writeNew(name, content, { sync: true, give }); // nobody can fetch it again
    } catch (error) {
      if (!hasCode(error, "ENOSPC", "EDQUOT")) {
        throw error;
      }
      name = await this.#linkAside(path, status);
    }
    this.#kept = { version, name };
    return name;
  }

  /** All processes name it alike: on a full disk each of them would add another. */
  async #linkAside(path: string, { ino, mtimeMs }: FileStatus): Promise<string> {
    const name = damagedName(path, Number(mtimeMs), ino.toString(16).padStart(8, "0"));
    try {
      await this.#files.link(path, name);
    } catch (error) {
      if (!hasCode(error, "EEXIST") || (await this.#files.stat(name)).ino !== ino) {
        throw error;
      }
    }
    return name;
  }

  watch(onChange: () => void): () => void {
    const { location } = this;
    const target = () => this.#target();
    const stat = () => this.stat();
    return watchStore({ runtime: this.#runtime, location, target, stat }, onChange);
  }

  #openExisting(): Promise<number> {
    return this.#patiently(() => this.#files.open(this.location, O_RDONLY | this.#runtime.nonBlock));
  }

  /** Leaves a whole file or none. */
  async #writeNew(path: string, content: Uint8Array, { sync, give }: NewFile): Promise<StoreVersion> {
    const fd = await this.#openNew(path);
    try {
      return await closing(this.#files, fd, async () => {
        await give(fd);
        await this.#files.write(fd, content);
        const version = await dateUniquely(this.#files, fd, undefined, this.#runtime.clock);
        if (sync) {
          await this.#files.fsync(fd);
        }
        return version; // renaming changes none of it, so this is what readers will see
      });
    } catch (error) {
      await quietly(this.#files.unlink(path));
      throw error;
    }
  }

  async #openNew(path: string): Promise<number> {
    const fd = await unlessMissing(this.#files.open(path, "wx", 0o600));
    if (fd !== undefined) {
      return fd;
    }
    await makeFolder(this.#files, this.#runtime, this.#runtime.paths.dirname(path));
    return this.#files.open(path, "wx", 0o600);
  }

  /**
   * The file that is replaced is kept open until the lock has been released: a rename that takes a file's
   * last name gives back its blocks, which was 0.1 ms of the rename's 0.12 for 100 KB on ext4.
   */
  async #openOld(target: string): Promise<number | undefined> {
    return isLocalFileSystem(this.#runtime, target)
      ? this.#files.open(target, O_RDONLY | this.#runtime.nonBlock).catch(() => undefined)
      : undefined;
  }

  /** Nobody waits for it. */
  #letGoOfReplaced(): void {
    if (this.#replaced !== undefined) {
      void quietly(this.#files.closeElsewhere(this.#replaced));
      this.#replaced = undefined;
    }
  }

  /**
   * So that the new name, or that there is none, survives a power cut. Best effort, as in SQLite: what was renamed is
   * already visible, so failing now would tell the caller something untrue.
   */
  async #syncName(target: string): Promise<void> {
    try {
      const fd = await this.#files.open(this.#runtime.paths.dirname(target), "r");
      await closing(this.#files, fd, () => this.#files.fsync(fd));
    } catch {
      await quietly(this.#syncNewFileBeside(target));
    }
  }

  /**
   * Where no folder can be synced (Windows, Node 26 under its permission model). What brings a new file's name to the
   * disk brings all names there that came or went before it: so it is on ext4, xfs and btrfs (`npm run power-cut`).
   */
  async #syncNewFileBeside(target: string): Promise<void> {
    const path = temporaryPath(this.#runtime, target);
    const fd = await this.#files.open(path, "wx", 0o600);
    try {
      await closing(this.#files, fd, async () => {
        await this.#files.write(fd, ANYTHING); // an empty one that is written through to the disk is written to nowhere
        await this.#files.fsync(fd);
      });
    } finally {
      await this.#files.unlink(path);
    }
  }

  /** A full disk lets it be kept, and not be replaced: each try would leave another copy. */
  async #isKept(version: StoreVersion): Promise<boolean> {
    return (
      isSameVersion(this.#kept?.version, version) &&
      (await unlessMissing(this.#files.stat(this.#kept!.name))) !== undefined
    );
  }

  /** The file the location leads to, where it is a link. */
  #target(): Promise<string> {
    return followLinks(this.#files, this.#runtime.paths, this.location);
  }

  async #patiently<T>(operation: () => Promise<T>): Promise<T> {
    for (const ms of this.#runtime.platform === "win32" ? WINDOWS_WAITS_MS : []) {
      try {
        return await operation();
      } catch (error) {
        if (!hasCode(error, "EPERM", "EACCES", "EBUSY")) {
          throw error;
        }
        await this.#runtime.clock.sleep(ms);
      }
    }
    return operation();
  }
}
