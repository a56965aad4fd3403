import {
  type FileStatus,
  type FileSystem,
  type Files,
  isGone,
  named,
  O_RDONLY,
  quietly,
  unlessGone,
} from "../files/file-system.ts";
import { giveToOwnerOfFolder } from "../files/owner.ts";
import type { Runtime } from "../runtime/runtime.ts";

type Done = (error: Error | null) => void;

interface Made {
  /**
   * Open, so that its inode's number cannot pass to another one's. Windows opens no folders, and gives no number twice.
   */
  readonly fd: number | undefined;
  readonly stat: FileStatus;
}

/**
 * The folder that is a lease, for proper-lockfile, which knows it by its path alone: once somebody else has taken the
 * lease over, it would date and remove that one's. Here the folder that was made is remembered; only that one is dated,
 * and removed while the path still names it.
 */
export class LeaseFolder {
  /** One object for all leases: proper-lockfile marks it with what it learns about the precision of times. */
  readonly fs: FileSystem;
  readonly #path: string;
  readonly #files: Files;
  readonly #runtime: Runtime;
  readonly #graceMs: number;
  #made: Made | undefined;

  /** `graceMs`: nobody takes a lease away that is younger. */
  constructor(path: string, files: Files, runtime: Runtime, graceMs: number) {
    this.#path = path;
    this.#files = files;
    this.#runtime = runtime;
    this.#graceMs = graceMs;
    const { fs } = runtime;
    const functions = {
      mkdir: (_path: string, done: Done) => report(this.#make(), done),
      rmdir: (_path: string, done: Done) => report(this.#made ? this.remove() : files.removeFolder(path), done),
      rmdirSync: () => this.#removeAtExit(),
      stat: (_path: string, done: (error: Error | null, stat?: FileStatus) => void) => this.#stat(done),
      utimes: (_path: string, access: Date, modified: Date, done: Done) => this.#date(access, modified, done),
    };
    this.fs = { ...fs, ...(functions as unknown as FileSystem) };
  }

  /** Does the path still name the one that was made? */
  async isHeld(): Promise<boolean> {
    return this.#made !== undefined && (await this.#isAtPath(this.#made));
  }

  /** Removes the one that was made, while the path still names it. */
  async remove(): Promise<void> {
    const made = this.#made;
    this.#made = undefined;
    if (made === undefined) return;
    try {
      if (await this.#isAtPath(made)) {
        await unlessGone(this.#files.removeFolder(this.#path));
      }
    } finally {
      await this.#close(made);
    }
  }

  /**
   * proper-lockfile removes what it holds when the process ends. A process that was busy for longer than the grace may
   * have lost it by then, so it looks first. Most file systems answer before `stat` returns (prompt-file-system.ts);
   * where one does not, the process ends first, and the lease becomes stale.
   */
  #removeAtExit(): void {
    const { fs } = this.#runtime;
    this.#stat((error) => {
      if (!error) fs.rmdirSync(this.#path);
    });
  }

  async #make(): Promise<void> {
    const { clock } = this.#runtime;
    const began = clock.now();
    await this.#files.mkdir(this.#path, 0o700);
    const isPrompt = () => Math.abs(clock.now() - began) < this.#graceMs;
    let made: Made;
    try {
      made = await this.#open();
    } catch (error) {
      if (isPrompt() && !isGone(error)) {
        await quietly(this.#files.removeFolder(this.#path));
      }
      throw error;
    }
    if (!isPrompt()) {
      await this.#close(made); // somebody else may have taken it over, and it is theirs that was opened
      throw gone();
    }
    this.#made = made;
  }

  async #open(): Promise<Made> {
    const { platform, noFollow, nonBlock } = this.#runtime;
    if (platform === "win32") {
      return { fd: undefined, stat: await this.#files.stat(this.#path) };
    }
    const fd = await this.#files.open(this.#path, O_RDONLY | noFollow | nonBlock);
    try {
      await giveToOwnerOfFolder(this.#files, this.#runtime, fd, this.#path);
      return { fd, stat: await this.#files.fstat(fd) };
    } catch (error) {
      await quietly(this.#files.close(fd));
      throw error;
    }
  }

  async #isAtPath({ stat }: Made): Promise<boolean> {
    const found = await unlessGone(this.#files.stat(this.#path));
    return found !== undefined && found.ino === stat.ino && found.dev === stat.dev;
  }

  /** What is another one's by now is, for proper-lockfile, gone. */
  #stat(done: (error: Error | null, stat?: FileStatus) => void): void {
    const look = this.#runtime.fs.stat as unknown as (
      path: string,
      done: (error: Error | null, s: FileStatus) => void,
    ) => void;
    look(this.#path, (error, stat) => {
      const made = this.#made;
      const isAnother = !error && made !== undefined && Number(stat.ino) !== Number(made.stat.ino);
      done(isAnother || (error && isGone(named(error))) ? gone() : error, stat);
    });
  }

  #date(access: Date, modified: Date, done: Done): void {
    const { fs } = this.#runtime;
    if (this.#made === undefined) {
      done(gone()); // released while a renewal was under way
    } else if (this.#made.fd === undefined) {
      fs.utimes(this.#path, access, modified, done);
    } else {
      fs.futimes(this.#made.fd, access, modified, done);
    }
  }

  async #close({ fd }: Made): Promise<void> {
    if (fd !== undefined) {
      await this.#files.close(fd);
    }
  }
}

function gone(): Error {
  return Object.assign(new Error("The lease has been taken over."), { code: "ENOENT" });
}

function report(outcome: Promise<void>, done: Done): void {
  outcome.then(() => done(null), done);
}
