import type { ForeignFunctions } from "../runtime/foreign-functions.ts";
import type { KernelLocks } from "./kernel-locks.ts";

const LOCKFILE_FAIL_IMMEDIATELY = 1;
const LOCKFILE_EXCLUSIVE_LOCK = 2;
const ERROR_INVALID_FUNCTION = 1;
const ERROR_INVALID_HANDLE = 6;
const ERROR_NOT_SUPPORTED = 50;

/** `OVERLAPPED` of a 64-bit process: two pointers, the offset's two halves, a handle. */
const OVERLAPPED_SIZE = 32;
const OFFSET_LOW = 16;

/**
 * Each a single byte. Go, portalocker and Java lock ranges that hold the first, and whoever keeps the
 * text readable locks far behind it, as SQLite does. While the first is locked others cannot read the
 * text; they see that it is locked.
 */
const OFFSETS = [0, 0x4000_0000];

/** 64-bit only. Not every way to embed Node exports libuv; `open` throws there and a lease does the work. */
export function windowsLocks(foreign: ForeignFunctions, arch: string): KernelLocks | undefined {
  if (arch !== "x64" && arch !== "arm64") {
    return undefined;
  }
  const { uv_get_osfhandle: handleOf } = foreign.open(null, {
    uv_get_osfhandle: { parameters: ["i32"], result: "i64" },
  });
  const { LockFileEx, UnlockFile, GetLastError } = foreign.open("kernel32.dll", {
    LockFileEx: { parameters: ["i64", "u32", "u32", "u32", "u32", "buffer"], result: "i32" },
    UnlockFile: { parameters: ["i64", "u32", "u32", "u32", "u32"], result: "i32" },
    GetLastError: { parameters: [], result: "u32" },
  });

  function lockByte(handle: unknown, offset: number): boolean {
    const overlapped = new Uint8Array(OVERLAPPED_SIZE);
    new DataView(overlapped.buffer).setUint32(OFFSET_LOW, offset, true);
    return LockFileEx(handle, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, overlapped) !== 0;
  }

  return {
    recordLocks: true, // they are the same there
    lock(fd) {
      const handle = handleOf(fd);
      const taken: number[] = [];
      for (const offset of OFFSETS) {
        if (!lockByte(handle, offset)) {
          const error = Number(GetLastError());
          // A second try would find its own lock in the way: here even the same handle excludes itself.
          for (const locked of taken) {
            UnlockFile(handle, locked, 0, 1, 0);
          }
          return refused(error);
        }
        taken.push(offset);
      }
      return true;
    },
    letGo() {},
  };
}

function refused(error: number): false {
  if (error === ERROR_INVALID_HANDLE) {
    throw Object.assign(new Error("EBADF: LockFileEx"), { code: "EBADF", syscall: "LockFileEx" });
  }
  if (error === ERROR_INVALID_FUNCTION || error === ERROR_NOT_SUPPORTED) {
    throw Object.assign(new Error("ENOTSUP: LockFileEx"), { code: "ENOTSUP", syscall: "LockFileEx" });
  }
  return false;
}
