import type { KernelLocks, Koffi } from "./kernel-locks.ts";

const LOCKFILE_FAIL_IMMEDIATELY = 1;
const LOCKFILE_EXCLUSIVE_LOCK = 2;
const ERROR_INVALID_FUNCTION = 1;
const ERROR_INVALID_HANDLE = 6;
const ERROR_NOT_SUPPORTED = 50;

/** `OVERLAPPED` of a 64-bit process: two pointers, the offset's two halves, a handle. */
const OVERLAPPED_SIZE = 32;
const OFFSET_LOW = 16;

/**
 * Each a single byte. Go, portalocker and Java lock ranges that hold the first, and whoever keeps the text readable locks
 * far behind it, as SQLite does. While the first is locked others cannot read the text; they see that it is locked.
 */
const OFFSETS = [0, 0x4000_0000];

/** 64-bit only. Not every way to embed Node exports libuv; `load` throws there and a lease does the work. */
export function windowsLocks(koffi: Koffi): KernelLocks | undefined {
  if (process.arch !== "x64" && process.arch !== "arm64") {
    return undefined;
  }
  const kernel32 = koffi.load("kernel32.dll");
  const handleOf = koffi.load(null).func("intptr_t uv_get_osfhandle(int fd)");
  const range = "intptr_t file, uint32_t flags, uint32_t reserved, uint32_t low, uint32_t high, void *overlapped";
  const lockFileEx = kernel32.func(`int __stdcall LockFileEx(${range})`);
  const unlockFile = kernel32.func(
    "int __stdcall UnlockFile(intptr_t file, uint32_t offsetLow, uint32_t offsetHigh, uint32_t low, uint32_t high)",
  );
  const getLastError = kernel32.func("uint32_t __stdcall GetLastError()");

  function lockByte(handle: number, offset: number): boolean {
    const overlapped = new Uint8Array(OVERLAPPED_SIZE);
    new DataView(overlapped.buffer).setUint32(OFFSET_LOW, offset, true);
    return lockFileEx(handle, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, overlapped) !== 0;
  }

  return {
    lock(fd) {
      const handle = handleOf(fd);
      const taken: number[] = [];
      for (const offset of OFFSETS) {
        if (!lockByte(handle, offset)) {
          const error = getLastError();
          // A second try would find its own lock in the way: here even the same handle excludes itself.
          for (const locked of taken) {
            unlockFile(handle, locked, 0, 1, 0);
          }
          return refused(error);
        }
        taken.push(offset);
      }
      return true;
    },
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
