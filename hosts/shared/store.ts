import type { Awaitable, Store, StoredContent, StoreVersion } from "./capabilities.ts";
import { PersistenceError } from "./errors.ts";
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
import { removeLeftovers } from "./leftovers.ts";
import { makeFolder } from "./make-folder.ts";
import { giveToOwnerOfFolder, giveToOwnerOfOriginal } from "./owner.ts";
import { randomName } from "./random-name.ts";
import type { Paths, Runtime } from "./runtime.ts";
import { isSameVersion } from "./same-version.ts";
import { watchStore } from "./store-watch.ts";
import { dateUniquely } from "./unique-time.ts";

/** As many as Linux follows. */
const MAX_LINKS = 40;
/** How often a file that changes while it is being read is read again. */
const MAX_READS = 4;
/** Windows refuses to rename onto, remove or read what a virus scanner or a peer has open just then. About 2 s in all. */
const WINDOWS_WAITS_MS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000];

export interface FileStoreOptions {
  /**
   * `false`: do not wait for the disk, as the peers do not. What is written is still replaced as a whole, and a crash of the process
   * still loses nothing. A power cut may: the last writes or, on a file system that does not order a rename after the data,
   * the whole file. For tokens that can be fetched again, not for refresh tokens.
   */
  readonly sync?: boolean | undefined;
}

function versionOf(stat: FileStatus): StoreVersion {
  return { mtimeNs: stat.mtimeNs, size: stat.size, inode: stat.ino };
}

/** A file, replaced as a whole, readable by its owner only. */
export function createFileStore(runtime: Runtime, location: string, options: FileStoreOptions = {}): Store {
  const { sync = true } = options;
  const { fs, clock, platform, paths, nonBlock } = runtime;
  const files = new Files(fs);
  let swept = false;
  /** Folders with a name in them that a power cut may still undo. */
  const unsettled = new Set<string>();
  /** What was set aside last. */
  let kept: { readonly version: StoreVersion; readonly name: string } | undefined;
  /** The descriptor of the file that was replaced last. */
  let replaced: number | undefined;

  async function stat(): Promise<StoreVersion | undefined> {
    const found = await unlessMissing(files.stat(location));
    return found && versionOf(assertFile(found, location));
  }

  async function read(maxBytes?: number): Promise<StoredContent | undefined> {
    const fd = await unlessMissing(openExisting());
    if (fd === undefined) return undefined;
    const { status, content } = await closing(files, fd, () => readUnchanged(files, fd, location, maxBytes));
    return { version: versionOf(status), content };
  }

  const openExisting = () => patiently(() => files.open(location, O_RDONLY | nonBlock));

  async function replace(content: Uint8Array, beforePublishing?: () => Awaitable<void>): Promise<StoreVersion> {
    const target = await followLinks(files, paths, location);
    const temporary = paths.join(
      paths.dirname(target),
      `.${paths.basename(target)}.${runtime.pid}.${randomName(clock)}.tmp`,
    );
    const give = (fd: number) => giveToOwnerOfFolder(files, runtime, fd, temporary);
    const version = await writeNew(temporary, content, sync, give);
    letGoOfReplaced();
    const old = await openOld(target);
    try {
      await beforePublishing?.();
      await patiently(() => files.rename(temporary, target));
    } catch (error) {
      await quietly(files.unlink(temporary));
      if (old !== undefined) {
        await quietly(files.close(old));
      }
      throw error;
    }
    letGoOfReplaced(); // of a write that was under way at the same time
    replaced = old;
    unsettled.add(paths.dirname(target));
    return version;
  }

  /**
   * The file that is replaced is kept open until the lock has been released: a rename that takes the last name of one gives back its blocks,
   * which took 0.1 ms of 0.12 for 100 KB on ext4. Windows refuses to rename onto an open file.
   */
  async function openOld(target: string): Promise<number | undefined> {
    return platform === "win32" ? undefined : files.open(target, O_RDONLY | nonBlock).catch(() => undefined);
  }

  /** Nobody waits for it. */
  function letGoOfReplaced(): void {
    if (replaced !== undefined) {
      void quietly(files.closeElsewhere(replaced));
      replaced = undefined;
    }
  }

  /** Leaves a whole file or none. */
  async function writeNew(
    path: string,
    content: Uint8Array,
    synced: boolean,
    give: (fd: number) => Promise<void>,
  ): Promise<StoreVersion> {
    const fd = await openNew(path);
    try {
      return await closing(files, fd, async () => {
        await give(fd);
        await files.write(fd, content);
        const version = await dateUniquely(files, fd, undefined, clock);
        if (synced) {
          await files.fsync(fd);
        }
        return version; // renaming changes none of it, so this is what readers will see
      });
    } catch (error) {
      await quietly(files.unlink(path));
      throw error;
    }
  }

  async function openNew(path: string): Promise<number> {
    const fd = await unlessMissing(files.open(path, "wx", 0o600));
    if (fd !== undefined) {
      return fd;
    }
    await makeFolder(files, runtime, paths.dirname(path));
    return files.open(path, "wx", 0o600);
  }

  /**
   * So that the new name survives a power cut. Best effort, as in SQLite: what was renamed is already visible, so
   * failing now would tell the caller something untrue, and some file systems cannot sync a folder at all.
   */
  async function syncFolder(folder: string): Promise<void> {
    if (sync && platform !== "win32") {
      await quietly(files.open(folder, "r").then((fd) => closing(files, fd, () => files.fsync(fd))));
    }
  }

  async function settle(): Promise<void> {
    const folders = [...unsettled];
    unsettled.clear();
    await Promise.all(folders.map(syncFolder));
    letGoOfReplaced();
    if (folders.length > 0 && !swept) {
      swept = true;
      await quietly(target().then((path) => removeLeftovers(files, runtime, path)));
    }
  }

  async function remove(): Promise<boolean> {
    const target = await followLinks(files, paths, location);
    const removed = await unlessMissing(patiently(() => files.unlink(target).then(() => true)));
    if (removed) {
      unsettled.add(paths.dirname(target));
    }
    return removed ?? false;
  }

  /**
   * A copy rather than a second link: the family's other members write in place, and would write into a link's content
   * too. Only where a copy finds no room is a link better than nothing. Beside the file itself, where the location is a link.
   */
  async function setAside(): Promise<string> {
    const path = await target();
    const fd = await patiently(() => files.open(path, O_RDONLY | nonBlock));
    const { status, content } = await closing(files, fd, () => readUnchanged(files, fd, path));
    const version = versionOf(status);
    if (await isKept(version)) {
      return kept!.name;
    }
    const stamp = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, "");
    const name = `${path}.damaged-${stamp}-${randomName(clock).slice(0, 8)}`;
    try {
      await writeNew(name, content, true, (copy) => giveToOwnerOfOriginal(files, runtime, copy, status)); // nobody can fetch it again
    } catch (error) {
      if (!hasCode(error, "ENOSPC", "EDQUOT")) {
        throw error;
      }
      await files.link(path, name);
    }
    kept = { version, name };
    return name;
  }

  /** A full disk lets it be kept, and not be replaced: each try would leave another copy. */
  async function isKept(version: StoreVersion): Promise<boolean> {
    return isSameVersion(kept?.version, version) && (await unlessMissing(files.stat(kept!.name))) !== undefined;
  }

  async function patiently<T>(operation: () => Promise<T>): Promise<T> {
    for (const ms of platform === "win32" ? WINDOWS_WAITS_MS : []) {
      try {
        return await operation();
      } catch (error) {
        if (!hasCode(error, "EPERM", "EACCES", "EBUSY")) {
          throw error;
        }
        await clock.sleep(ms);
      }
    }
    return operation();
  }

  const target = () => followLinks(files, paths, location);
  return {
    location,
    stat,
    read,
    replace,
    settle,
    remove,
    setAside,
    watch: (onChange) => watchStore({ runtime, location, target, stat }, onChange),
  };
}

interface FileContent {
  readonly status: FileStatus;
  readonly content: Uint8Array;
}

/**
 * What the descriptor's file holds, and its status from before the reading: a write in between then shows as a change.
 * Peers write in place, so what changes while it is read is read again.
 */
async function readUnchanged(
  files: Files,
  fd: number,
  path: string,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<FileContent> {
  for (let reads = 1; ; reads++) {
    const before = assertFile(await files.fstat(fd), path);
    if (before.size > maxBytes) throw new PersistenceError("document_too_large");
    const content = await readBytes(files, fd, Number(before.size));
    const after = await files.fstat(fd);
    const unchanged = after.mtimeNs === before.mtimeNs && after.size === before.size;
    if ((unchanged && content.length === Number(before.size)) || reads === MAX_READS) {
      return { status: before, content };
    }
  }
}

async function readBytes(files: Files, fd: number, size: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const bytes = await files.read(fd, buffer, length, length);
    if (bytes === 0) {
      break;
    }
    length += bytes;
  }
  return buffer.subarray(0, length);
}

/** The file a location leads to, which need not exist: renaming onto a link would replace the link. */
export async function followLinks(files: Files, paths: Paths, location: string): Promise<string> {
  let path = location;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const found = await unlessMissing(files.lstat(path));
    if (!found?.isSymbolicLink()) {
      if (found) assertFile(found, path);
      return path;
    }
    const link = await files.readlink(path);
    // Not normalised: where a folder of the path is a link itself, `..` is what the system makes of it.
    path = paths.isAbsolute(link) ? link : `${paths.dirname(path)}${paths.sep}${link}`;
  }
  throw Object.assign(new Error(`ELOOP: too many symbolic links, '${location}'`), { code: "ELOOP", path: location });
}
