import * as nodeFs from "node:fs";

/** The functions of `node:fs` this host uses. Injected, so that a test can make each of them fail with any errno. */
export type FileSystem = Pick<
  typeof nodeFs,
  | "close"
  | "fstat"
  | "fsync"
  | "ftruncate"
  | "futimes"
  | "link"
  | "lstat"
  | "mkdir"
  | "open"
  | "read"
  | "readdir"
  | "readFile"
  | "readlink"
  | "rename"
  | "rmdir"
  | "rmdirSync"
  | "stat"
  | "unlink"
  | "utimes"
  | "watch"
  | "write"
>;

/** A copy, because proper-lockfile marks the object it is given with what it learnt about the precision of mtimes. */
export const realFileSystem: FileSystem = {
  close: nodeFs.close,
  fstat: nodeFs.fstat,
  fsync: nodeFs.fsync,
  ftruncate: nodeFs.ftruncate,
  futimes: nodeFs.futimes,
  link: nodeFs.link,
  lstat: nodeFs.lstat,
  mkdir: nodeFs.mkdir,
  open: nodeFs.open,
  read: nodeFs.read,
  readdir: nodeFs.readdir,
  readFile: nodeFs.readFile,
  readlink: nodeFs.readlink,
  rename: nodeFs.rename,
  rmdir: nodeFs.rmdir,
  rmdirSync: nodeFs.rmdirSync,
  stat: nodeFs.stat,
  unlink: nodeFs.unlink,
  utimes: nodeFs.utimes,
  watch: nodeFs.watch,
  write: nodeFs.write,
};

type Callback<T> = (error: NodeJS.ErrnoException | null, value: T) => void;

function settled<T>(start: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)));
  });
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
    return settled((callback: Callback<void>) => this.#fs.close(fd, callback as nodeFs.NoParamCallback));
  }

  read(fd: number, buffer: Uint8Array, offset: number, position: number): Promise<number> {
    return settled((callback) => this.#fs.read(fd, buffer, offset, buffer.length - offset, position, callback));
  }

  async write(fd: number, content: Uint8Array): Promise<void> {
    for (let offset = 0; offset < content.length; ) {
      const from = offset;
      offset += await settled<number>((callback) =>
        this.#fs.write(fd, content, from, content.length - from, from, callback),
      );
    }
  }

  fstat(fd: number): Promise<nodeFs.BigIntStats> {
    return settled((callback) => this.#fs.fstat(fd, { bigint: true }, callback));
  }

  stat(path: string): Promise<nodeFs.BigIntStats> {
    return settled((callback) => this.#fs.stat(path, { bigint: true }, callback));
  }

  lstat(path: string): Promise<nodeFs.BigIntStats> {
    return settled((callback) => this.#fs.lstat(path, { bigint: true }, callback));
  }

  fsync(fd: number): Promise<void> {
    return settled((callback: Callback<void>) => this.#fs.fsync(fd, callback as nodeFs.NoParamCallback));
  }

  truncate(fd: number, length: number): Promise<void> {
    return settled((callback: Callback<void>) => this.#fs.ftruncate(fd, length, callback as nodeFs.NoParamCallback));
  }

  futimes(fd: number, date: Date): Promise<void> {
    return settled((callback: Callback<void>) => this.#fs.futimes(fd, date, date, callback as nodeFs.NoParamCallback));
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
    return settled((callback: Callback<void>) => this.#fs.rename(from, to, callback as nodeFs.NoParamCallback));
  }

  link(existing: string, path: string): Promise<void> {
    return settled((callback: Callback<void>) => this.#fs.link(existing, path, callback as nodeFs.NoParamCallback));
  }

  unlink(path: string): Promise<void> {
    return settled((callback: Callback<void>) => this.#fs.unlink(path, callback as nodeFs.NoParamCallback));
  }

  /** Creates a folder for secrets, and those above it that are missing. */
  async makeFolder(path: string): Promise<void> {
    await settled((callback: Callback<string | undefined>) =>
      this.#fs.mkdir(path, { recursive: true, mode: 0o700 }, callback),
    );
  }
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException | undefined)?.code ?? "");
}

/** `undefined` where there is nothing at the path. */
export async function unlessMissing<T>(outcome: Promise<T>): Promise<T | undefined> {
  try {
    return await outcome;
  } catch (error) {
    if (hasCode(error, "ENOENT")) {
      return undefined;
    }
    throw error;
  }
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
