import type { LockInspection } from "../core/capabilities.ts";
import {
  closing,
  type FileStatus,
  type Files,
  hasCode,
  O_RDONLY,
  O_RDWR,
  quietly,
  unlessGone,
} from "../files/file-system.ts";
import { isLocalFileSystem } from "../files/local-file-system.ts";
import { makeFolder } from "../files/make-folder.ts";
import { giveToOwnerOfFolder } from "../files/owner.ts";
import { temporaryPath } from "../files/temporary-path.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { isStillOpen } from "./lock-inspection.ts";

/** So old a lock file is abandoned, whomever it names. */
const LONG_AGO = 0;
/** Windows refuses for a moment to create what somebody is just removing. */
const WINDOWS_TRIES = 5;

/**
 * What file systems without hard links say (FAT, some network and overlay file systems). EACCES: Android and some
 * servers of SMB; it cannot be the folder's, in which the file to be linked has just been made.
 */
export const NO_LINKS = ["EPERM", "EACCES", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"];

/**
 * A lock file that is kept open: the descriptor pins the inode, so its number cannot pass to another file meanwhile.
 */
export class LockFile {
  readonly fd: number;
  readonly stat: FileStatus;
  readonly #files: Files;
  /** The name by which it was opened. */
  readonly path: string;

  private constructor(files: Files, path: string, fd: number, stat: FileStatus) {
    this.#files = files;
    this.path = path;
    this.fd = fd;
    this.stat = stat;
  }

  /**
   * A new file under a name of its own that holds `line`, to be published by `publish` once it is locked: so the lock
   * file never appears without its holder in it. Created in place and written afterwards, 17 of 55 holders killed at
   * random left an empty file, which must count as somebody's for 2 s.
   */
  static async prepare(files: Files, runtime: Runtime, path: string, line: Uint8Array): Promise<LockFile> {
    const name = temporaryPath(runtime, path);
    const fd = await openNew(files, runtime, name);
    if (fd === undefined) {
      throw new Error(`A random name was taken: ${name}`);
    }
    try {
      const file = await LockFile.#of(files, name, fd);
      await file.write(line).catch(async (error) => {
        await quietly(file.close());
        throw error;
      });
      return file;
    } catch (error) {
      await quietly(files.unlink(name));
      throw error;
    }
  }

  /**
   * Tries out, with a name of its own, whether a second name of this prepared file would do. Linux's own file systems
   * are believed.
   *
   * @throws with a code of `NO_LINKS` where it has another inode (sshfs): the lock file would never be the one that is
   *   held here. And where the file cannot be opened by the second name while it is open by the first (EINVAL over SMB,
   *   Linux 6.1 with Samba 4.17: a lease of the server's is on a name): nobody could see who holds the lock
   */
  async tryLink(path: string, runtime: Runtime): Promise<void> {
    if (isLocalFileSystem(runtime, runtime.paths.dirname(path))) return;
    const second = new LockFile(this.#files, temporaryPath(runtime, path), this.fd, this.stat);
    await this.#files.link(this.path, second.path);
    try {
      if ((await second.#canBeOpened()) && (await second.isAtPath())) return;
    } finally {
      await second.removeName();
    }
    throw Object.assign(new Error(`ENOTSUP: a link is not the file, '${path}'`), { code: "ENOTSUP", path });
  }

  async #canBeOpened(): Promise<boolean> {
    try {
      await this.#files.close(await this.#files.open(this.path, O_RDONLY));
      return true;
    } catch (error) {
      if (hasCode(error, "EINVAL")) return false;
      throw error;
    }
  }

  /**
   * Gives a prepared file the path, unless there is a file. `undefined`: there is, and this one may be tried again.
   * A server of NFS may report as failed what it has done (link(2), BUGS), so that is looked at: else everybody
   * would wait for us, ourselves first. And over 9P a name that somebody takes away while it is looked at is ENOENT,
   * though this file is there.
   */
  async publish(path: string): Promise<LockFile | undefined> {
    const published = new LockFile(this.#files, path, this.fd, this.stat);
    try {
      await this.#files.link(this.path, path);
    } catch (error) {
      const hasName = await published.isAtPath().catch(() => false);
      if (!hasName) {
        if (hasCode(error, "EEXIST") || (hasCode(error, "ENOENT") && (await this.isAtPath()))) return undefined;
        throw error;
      }
    }
    await this.removeName();
    return published;
  }

  /** Of a prepared file that has been published, or is given up. */
  async removeName(): Promise<void> {
    await quietly(this.#files.unlink(this.path));
  }

  /** Created in place, empty. `undefined`: there is one already. */
  static async create(files: Files, runtime: Runtime, path: string): Promise<LockFile | undefined> {
    const fd = await openNew(files, runtime, path);
    return fd === undefined ? undefined : LockFile.#of(files, path, fd);
  }

  /** `undefined`: there is none (any longer). */
  static async open(files: Files, runtime: Runtime, path: string): Promise<LockFile | undefined> {
    // Nobody has a reason to make a lock file a link, and following one would write into another file.
    const fd = await unlessGone(files.open(path, O_RDWR | runtime.noFollow));
    return fd === undefined ? undefined : unlessGone(LockFile.#of(files, path, fd));
  }

  static async #of(files: Files, path: string, fd: number): Promise<LockFile> {
    try {
      return new LockFile(files, path, fd, await files.fstat(fd));
    } catch (error) {
      await quietly(files.close(fd));
      throw error;
    }
  }

  /**
   * Is this the file that the path names now? NFS goes by what it knows of the folder, for half a minute, but then says
   * that no name of the file is left.
   */
  async isAtPath(): Promise<boolean> {
    const found = await unlessGone(this.#files.lstat(this.path));
    const lostItsName = found?.nlink === 0n && this.stat.nlink > 0n;
    return found !== undefined && !lostItsName && this.#is(found);
  }

  #is({ ino, dev }: FileStatus): boolean {
    return ino === this.stat.ino && dev === this.stat.dev;
  }

  /** Looked at again, since it may have been written to after it was opened. */
  async isStill(inspected: LockInspection): Promise<boolean> {
    return (await unlessGone(isStillOpen(this.#files, this.fd, inspected))) ?? false;
  }

  async isEmpty(): Promise<boolean> {
    return Number((await this.#files.fstat(this.fd)).size) === 0;
  }

  async write(line: Uint8Array): Promise<void> {
    await this.#files.write(this.fd, line);
  }

  /** Writes first and cuts afterwards: at no instant is the file empty. */
  async rewrite(line: Uint8Array): Promise<void> {
    await this.write(line);
    await this.#files.truncate(this.fd, line.length);
  }

  /** An empty file is one that somebody is about to write to, or after 2 s nobody's. */
  async empty(): Promise<void> {
    await this.#files.truncate(this.fd, 0);
  }

  async holds(line: Uint8Array): Promise<boolean> {
    return (await this.#lengthWithin(line)) === line.length;
  }

  /** Nothing, or the beginning of this line. */
  async holdsNoMoreThan(line: Uint8Array): Promise<boolean> {
    return (await this.#lengthWithin(line)) !== undefined;
  }

  /** How much of the line the file holds, and nothing else. */
  async #lengthWithin(line: Uint8Array): Promise<number | undefined> {
    const buffer = new Uint8Array(line.length + 1);
    const length = await unlessGone(this.#files.read(this.fd, buffer));
    return buffer.subarray(0, length ?? 0).every((byte, index) => byte === line[index]) ? length : undefined;
  }

  /** `false`: it is gone. */
  async touch(now: number): Promise<boolean> {
    const isDated = await unlessGone(this.#files.futimes(this.fd, new Date(now)).then(() => true));
    return isDated ?? (await unlessGone(this.#touchAtPath(now))) ?? false;
  }

  /** QEMU's server of 9P goes by the name by which a file was opened, and a lock file's is gone once it is published. */
  async #touchAtPath(now: number): Promise<boolean> {
    if (!(await this.isAtPath())) return false;
    const fd = await this.#files.open(this.path, O_RDONLY);
    return closing(this.#files, fd, async () => {
      if (!this.#is(await this.#files.fstat(fd))) return false;
      await this.#files.futimes(fd, new Date(now));
      return true;
    });
  }

  /**
   * What cannot be removed is dated as nobody's. Left as it is, it would name a process that lives, and
   * everybody would wait for it for 30 s.
   */
  async removeFromPath(): Promise<void> {
    try {
      if (await this.isAtPath()) {
        await unlessGone(this.#files.unlink(this.path));
      }
    } catch (error) {
      await quietly(this.touch(LONG_AGO));
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#files.close(this.fd);
  }
}

async function openNew(files: Files, runtime: Runtime, path: string): Promise<number | undefined> {
  const { platform, paths, clock } = runtime;
  const open = () => files.open(path, "wx+", 0o600);
  for (let tries = 1; ; tries++) {
    try {
      const fd = await open();
      await giveToOwnerOfFolder(files, runtime, fd, path);
      return fd;
    } catch (error) {
      if (hasCode(error, "EEXIST")) {
        return undefined;
      }
      if (hasCode(error, "ENOENT") && tries === 1) {
        await makeFolder(files, runtime, paths.dirname(path));
      } else if (platform === "win32" && hasCode(error, "EPERM", "EACCES", "EBUSY") && tries < WINDOWS_TRIES) {
        await clock.sleep(2 * tries);
      } else {
        throw error;
      }
    }
  }
}
