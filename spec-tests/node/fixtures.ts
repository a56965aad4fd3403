import { fstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { FileSystem } from "../../hosts/shared/files/file-system.ts";
import { realFileSystem } from "./replaced-runtime.ts";

export type Call = keyof FileSystem;

/** A folder of the test's own, removed afterwards. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "msal-extensions-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

export function errno(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: forced`), { code });
}

/** The real file system, with the `nth` call of one function (all of them: 0) answering with an error instead. */
export function failing(call: Call, code: string, nth = 1): FileSystem & { calls: number } {
  const fs = {
    ...realFileSystem,
    calls: 0,
    [call]: (...args: unknown[]) => {
      fs.calls++;
      if (nth === 0 || fs.calls === nth) {
        const callback = args.at(-1) as (error: Error) => void;
        setImmediate(() => callback(errno(code)));
      } else {
        (realFileSystem[call] as (...args: unknown[]) => void)(...args);
      }
    },
  };
  return fs;
}

/** The real file system, with something done just before the `nth` call of one function, whose values it may change. */
export function meanwhile(call: Call, act: (args: unknown[]) => void, nth = 1, fs = realFileSystem): FileSystem {
  let calls = 0;
  return {
    ...fs,
    [call]: (...args: unknown[]) => {
      calls++;
      if (calls === nth) {
        act(args);
      }
      return (fs[call] as (...args: unknown[]) => unknown)(...args);
    },
  };
}

/** As on a file system without hard links: the lock file is then created in place, empty at first. */
export function withoutLinks(fs: FileSystem): FileSystem {
  return { ...fs, link: failing("link", "EPERM", 0).link };
}

const OF_OPEN_FILES = ["fchown", "fstat", "fsync", "ftruncate", "futimes", "read", "write"] as const;

/** As on NFS: what is open is gone when its file is, which another machine may have removed. Named as Node names it. */
export function withStaleHandles(fs: FileSystem): FileSystem {
  const refusing = (call: (typeof OF_OPEN_FILES)[number]) => ({
    [call]: (fd: number, ...args: unknown[]) => {
      if (fstatSync(fd).nlink > 0) return (fs[call] as (...args: unknown[]) => void)(fd, ...args);
      const error = new Error("Unknown system error -116");
      setImmediate(() => (args.at(-1) as (error: Error) => void)(Object.assign(error, { errno: -116 })));
    },
  });
  return Object.assign({ ...fs }, ...OF_OPEN_FILES.map(refusing));
}

/** With something done just before the `nth` call, whichever it is of. `calls`: how many there were. */
export function beforeCall(nth: number, act: () => void, fs: FileSystem): FileSystem & { readonly calls: number } {
  let calls = 0;
  const counted = Object.entries(fs).map(([name, call]: [string, (...args: unknown[]) => unknown]) => [
    name,
    (...args: unknown[]) => {
      calls++;
      if (calls === nth) act();
      return call(...args);
    },
  ]);
  return Object.defineProperty(Object.fromEntries(counted), "calls", { get: () => calls });
}

/** As through sshfs: a file under a second name has another inode's number. */
export function withLinksApart(fs: FileSystem): FileSystem {
  const apart = new Set<string>();
  return {
    ...fs,
    link: (from, to, done) =>
      fs.link(from, to, (error) => {
        if (!error) apart.add(to);
        done(error);
      }),
    unlink: (path, done) =>
      fs.unlink(path, (error) => {
        if (!error) apart.delete(path);
        done(error);
      }),
    lstat: (path, options, done) =>
      fs.lstat(path, options, (error, found) => {
        done(error, apart.has(path) ? Object.create(found, { ino: { value: found.ino + 1n } }) : found);
      }),
  };
}

/** As over SMB: a file that is open by one name cannot be opened by another. */
export function withLinksShut(fs: FileSystem): FileSystem {
  const shut = new Set<string>();
  return {
    ...fs,
    link: (from, to, done) => {
      shut.add(to);
      fs.link(from, to, done);
    },
    unlink: (path, done) => {
      shut.delete(path);
      fs.unlink(path, done);
    },
    open: (path, flags, mode, done) => (shut.has(path) ? done(errno("EINVAL"), -1) : fs.open(path, flags, mode, done)),
  };
}

export function names(folder: string): string[] {
  return readdirSync(folder).sort();
}

export function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

export const ERRNOS = ["ENOSPC", "EIO", "EACCES", "EPERM", "EROFS", "EMFILE", "EDQUOT", "EINTR"];
