// As in POSIX, and as Windows' runtime library has them.
export const O_RDONLY = 0;
export const O_RDWR = 2;

type Callback<T> = (error: Error | null, value: T) => void;
type NoValue = (error: Error | null) => void;

/** What `stat` and its relatives answer: times in nanoseconds and whole inode numbers. */
export interface FileStatus {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mode: bigint;
  readonly nlink: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  readonly size: bigint;
  readonly mtimeMs: bigint;
  readonly mtimeNs: bigint;
  /** When anything about it was changed last. */
  readonly ctimeMs: bigint;
  isDirectory(): boolean;
  isFile(): boolean;
  isSymbolicLink(): boolean;
}

export interface FileWatcher {
  on(event: "error", listener: () => void): unknown;
  close(): void;
}

/**
 * The functions of `node:fs` that are used, as Node, Deno and Bun all have them. Injected, so that a test can make each
 * of them fail with any errno, and a simulator stand in for the whole.
 */
export interface FileSystem {
  chmod(path: string, mode: number, callback: NoValue): void;
  close(fd: number, callback: NoValue): void;
  /**
   * The same, always on another thread: for the last descriptor of a file without a name, with
   * which its blocks are given back.
   */
  closeElsewhere(fd: number, callback: NoValue): void;
  fchown(fd: number, uid: number, gid: number, callback: NoValue): void;
  fstat(fd: number, options: { bigint: true }, callback: Callback<FileStatus>): void;
  fsync(fd: number, callback: NoValue): void;
  ftruncate(fd: number, length: number, callback: NoValue): void;
  /** Numbers: seconds since the epoch. */
  futimes(fd: number, access: Date | number, modified: Date | number, callback: NoValue): void;
  link(existing: string, path: string, callback: NoValue): void;
  lstat(path: string, options: { bigint: true }, callback: Callback<FileStatus>): void;
  mkdir(path: string, options: { mode: number }, callback: NoValue): void;
  open(path: string, flags: string | number, mode: number | undefined, callback: Callback<number>): void;
  read(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
    callback: Callback<number>,
  ): void;
  readdir(path: string, callback: Callback<string[]>): void;
  readFile(path: string, encoding: "utf8", callback: Callback<string>): void;
  readlink(path: string, callback: Callback<string>): void;
  rename(from: string, to: string, callback: NoValue): void;
  rmdir(path: string, callback: NoValue): void;
  /** For proper-lockfile. */
  rmdirSync(path: string): void;
  stat(path: string, options: { bigint: true }, callback: Callback<FileStatus>): void;
  unlink(path: string, callback: NoValue): void;
  utimes(path: string, access: Date | number, modified: Date | number, callback: NoValue): void;
  watch(
    path: string,
    options: { persistent: false },
    listener: (event: string, file: string | null) => void,
  ): FileWatcher;
  write(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
    callback: Callback<number>,
  ): void;
}

function settled<T>(start: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(named(error)) : resolve(value)));
  });
}

/**
 * On Linux and macOS: libuv, and so Node and Deno, have no names for them, and of some calls Deno gives no more than a
 * text.
 */
const UNNAMED = [
  { code: "EDQUOT", errnos: [-122, -69] as unknown[], text: "(os error 122)" },
  { code: "ESTALE", errnos: [-116, -70] as unknown[], text: "(os error 116)" },
] as const;

export function named(error: Error & { readonly errno?: unknown }): Error {
  const found = UNNAMED.find(({ errnos, text }) => errnos.includes(error.errno) || error.message.endsWith(text));
  return found ? Object.assign(error, { code: found.code }) : error;
}

/** The same functions as promises on plain descriptors: a `FileHandle` of `fs.promises` costs more per call. */
export class Files {
  readonly #fs: FileSystem;

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  open(path: string, flags: string | number, mode?: number): Promise<number> {
    return settled((callback) => this.#fs.open(path, flags, mode, callback));
  }

  close(fd: number): Promise<void> {
    return settled((callback) => this.#fs.close(fd, callback));
  }

  closeElsewhere(fd: number): Promise<void> {
    return settled((callback) => this.#fs.closeElsewhere(fd, callback));
  }

  /** From `offset` on, into the same place of the buffer. */
  read(fd: number, buffer: Uint8Array, offset = 0): Promise<number> {
    return settled((callback) => this.#fs.read(fd, buffer, offset, buffer.length - offset, offset, callback));
  }

  async write(fd: number, content: Uint8Array): Promise<void> {
    for (let offset = 0; offset < content.length; ) {
      const from = offset;
      offset += await settled<number>((callback) =>
        this.#fs.write(fd, content, from, content.length - from, from, callback),
      );
    }
  }

  fstat(fd: number): Promise<FileStatus> {
    return settled((callback) => this.#fs.fstat(fd, { bigint: true }, callback));
  }

  stat(path: string): Promise<FileStatus> {
    return settled((callback) => this.#fs.stat(path, { bigint: true }, callback));
  }

  /**
   * Do both lead to one file that is there, however they are written: through a link, in other letters? Not where files
   * have no numbers.
   */
  async isSame(one: string, other: string): Promise<boolean> {
    const [first, second] = await Promise.all([one, other].map((path) => this.stat(path).catch(() => undefined)));
    return !!first?.ino && first.dev === second?.dev && first.ino === second.ino;
  }

  lstat(path: string): Promise<FileStatus> {
    return settled((callback) => this.#fs.lstat(path, { bigint: true }, callback));
  }

  chmod(path: string, mode: number): Promise<void> {
    return settled((callback) => this.#fs.chmod(path, mode, callback));
  }

  fchown(fd: number, uid: number, gid: number): Promise<void> {
    return settled((callback) => this.#fs.fchown(fd, uid, gid, callback));
  }

  fsync(fd: number): Promise<void> {
    return settled((callback) => this.#fs.fsync(fd, callback));
  }

  truncate(fd: number, length: number): Promise<void> {
    return settled((callback) => this.#fs.ftruncate(fd, length, callback));
  }

  futimes(fd: number, time: Date | number): Promise<void> {
    return settled((callback) => this.#fs.futimes(fd, time, time, callback));
  }

  readlink(path: string): Promise<string> {
    return settled((callback) => this.#fs.readlink(path, callback));
  }

  readdir(path: string): Promise<string[]> {
    return settled((callback) => this.#fs.readdir(path, callback));
  }

  readText(path: string): Promise<string> {
    return settled((callback) => this.#fs.readFile(path, "utf8", callback));
  }

  rename(from: string, to: string): Promise<void> {
    return settled((callback) => this.#fs.rename(from, to, callback));
  }

  link(existing: string, path: string): Promise<void> {
    return settled((callback) => this.#fs.link(existing, path, callback));
  }

  unlink(path: string): Promise<void> {
    return settled((callback) => this.#fs.unlink(path, callback));
  }

  removeFolder(path: string): Promise<void> {
    return settled((callback) => this.#fs.rmdir(path, callback));
  }

  mkdir(path: string, mode: number): Promise<void> {
    return settled((callback) => this.#fs.mkdir(path, { mode }, callback));
  }
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as { code?: string } | undefined)?.code ?? "");
}

/** Else a rename would put a file in the place of a device: of `/dev/null`, for one, by whoever may. */
export function assertFile(found: FileStatus, path: string): FileStatus {
  if (!found.isFile()) throw Object.assign(new Error(`EISDIR: not a file, '${path}'`), { code: "EISDIR", path });
  return found;
}

/** `undefined` where the error has one of these codes. */
export async function unlessCode<T>(outcome: Promise<T>, ...codes: string[]): Promise<T | undefined> {
  try {
    return await outcome;
  } catch (error) {
    if (hasCode(error, ...codes)) return undefined;
    throw error;
  }
}

/** `undefined` where there is nothing at the path. */
export function unlessMissing<T>(outcome: Promise<T>): Promise<T | undefined> {
  return unlessCode(outcome, "ENOENT");
}

const GONE = ["ENOENT", "ESTALE"];

/**
 * `undefined` where there is nothing at the path, or nothing any longer: of a file that somebody on another machine has
 * removed or replaced, NFS says ESTALE even where it is open. Where processes on two machines took turns, so ended one
 * of five commits (Linux 6.1, NFS 4.2).
 */
export function unlessGone<T>(outcome: Promise<T>): Promise<T | undefined> {
  return unlessCode(outcome, ...GONE);
}

export function isGone(error: unknown): boolean {
  return hasCode(error, ...GONE);
}

/** For clean-up after something else has failed: that error is the one to report. */
export async function quietly(outcome: Promise<unknown>): Promise<void> {
  await outcome.catch(() => undefined);
}

/** Runs `body` with a descriptor and closes it. An error of `body` is reported rather than one of `close`. */
export async function closing<T>(files: Files, fd: number, body: (fd: number) => Promise<T>): Promise<T> {
  let value: T;
  try {
    value = await body(fd);
  } catch (error) {
    await quietly(files.close(fd));
    throw error;
  }
  await files.close(fd);
  return value;
}
