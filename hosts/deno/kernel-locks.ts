import { fstatSync } from "node:fs";
import { constants } from "node:os";
import process from "node:process";
import { type KernelLocks, lazily } from "../shared/lock/kernel-locks.ts";
import { posixLocks } from "../shared/lock/kernel-locks-posix.ts";
import { type DenoFile, deno, isPermitted } from "./deno.ts";
import { foreignFunctions } from "./foreign-functions.ts";

/** With `--allow-ffi` both kernel locks, on the descriptor itself; without, `flock` by Deno's own means. */
export const loadKernelLocks = lazily(() => {
  const { platform, arch } = process;
  const canCallFcntl = platform === "linux" || (platform === "darwin" && arch === "x64");
  if (canCallFcntl && isPermitted("ffi")) {
    return posixLocks(foreignFunctions(), { platform, arch, errno: constants.errno });
  }
  return platform === "win32" ? undefined : flockOnly();
});

/**
 * Deno locks only files that it has opened itself: the same file is opened once more, and
 * kept open as long as the lock.
 */
export function flockOnly(): KernelLocks {
  const opened = new Map<number, DenoFile>();
  return {
    recordLocks: false,
    lock(fd, path) {
      const file = openThere(path);
      if (file === undefined) return false;
      let locked = false;
      try {
        locked = isSameFile(file, fd) && file.tryLockSync(true);
      } catch (error) {
        throw asSystemError(error);
      } finally {
        if (locked) opened.set(fd, file);
        else file.close();
      }
      return locked;
    },
    letGo(fd) {
      opened.get(fd)?.close();
      opened.delete(fd);
    },
  };
}

/** `undefined`: whoever took it over meanwhile has released it. */
function openThere(path: string): DenoFile | undefined {
  try {
    return deno.openSync(path, { read: true, write: true });
  } catch (error) {
    if (error instanceof Error && error.name === "NotFound") return undefined;
    throw error;
  }
}

/**
 * Deno gives few of its errors a code, and none the call. ENOLCK, no such locks here (NFS without a lock
 * server), is no more than a text to it.
 */
function asSystemError(error: unknown): unknown {
  const [, errno] = /\(os error (\d+)\)/.exec(String(error)) ?? [];
  const code = Object.entries(constants.errno).find(([, number]) => number === Number(errno))?.[0];
  return code === undefined ? error : Object.assign(error as Error, { code, syscall: "flock" });
}

/** Another file under the name by now: then the lock on it would be somebody else's. */
function isSameFile(file: DenoFile, fd: number): boolean {
  const { dev, ino } = file.statSync();
  const expected = fstatSync(fd);
  return dev === expected.dev && ino === expected.ino;
}
