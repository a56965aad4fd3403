import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import type { KernelLocks, Koffi } from "./kernel-locks.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

/** Where `struct flock` and the commands are what the table says. All 64-bit: off_t is then 8 bytes everywhere. */
interface Platform {
  /** Record locks that belong to the open file description: closing another descriptor of the file does not drop them. */
  readonly F_OFD_SETLK: number;
  readonly F_WRLCK: number;
  /** Offset of `short l_type`; `l_whence`, `l_start` and `l_len` stay zero: from the start to the end, however far. */
  readonly typeOffset: number;
  readonly size: number;
}

const LINUX: Platform = { F_OFD_SETLK: 37, F_WRLCK: 1, typeOffset: 0, size: 32 };
const MACOS: Platform = { F_OFD_SETLK: 90, F_WRLCK: 3, typeOffset: 20, size: 24 };

const PLATFORMS: Readonly<Record<string, Platform>> = {
  "linux x64": LINUX,
  "linux arm64": LINUX,
  "linux riscv64": LINUX,
  "linux loong64": LINUX,
  "linux ppc64": LINUX,
  "linux s390x": LINUX,
  "darwin x64": MACOS,
  "darwin arm64": MACOS,
};

const { EACCES, EAGAIN, EINTR, EINVAL, EWOULDBLOCK } = constants.errno;

/** `flock` keeps Python, Go and .NET out, the record lock Java. Neither waits, so neither blocks the event loop. */
export function posixLocks(koffi: Koffi): KernelLocks | undefined {
  const platform = PLATFORMS[`${process.platform} ${process.arch}`];
  if (platform === undefined) {
    return undefined;
  }
  const library = koffi.load(null); // the process itself, which has libc, whatever it is called here
  const flock = library.func("int flock(int fd, int operation)");
  const fcntl = library.func("int fcntl(int fd, int command, ...)");

  const wholeFile = new Uint8Array(platform.size);
  new Int16Array(wholeFile.buffer)[platform.typeOffset / 2] = platform.F_WRLCK;

  /** 0, or the errno. */
  function tryTo(call: () => number): number {
    for (;;) {
      const errno = call() === 0 ? 0 : koffi.errno();
      if (errno !== EINTR) {
        return errno;
      }
    }
  }

  return {
    lock(fd) {
      const errno = tryTo(() => flock(fd, LOCK_EX | LOCK_NB));
      if (errno !== 0) {
        return refused("flock", errno);
      }
      const recordErrno = tryTo(() => fcntl(fd, platform.F_OFD_SETLK, "void *", wholeFile));
      // EINVAL: a kernel without such locks (Linux before 3.15, gVisor, older macOS). Only Java would not see us there.
      if (recordErrno === 0 || recordErrno === EINVAL) {
        return true;
      }
      flock(fd, LOCK_UN);
      return refused("fcntl", recordErrno);
    },
  };
}

function refused(syscall: string, errno: number): false {
  if (errno === EAGAIN || errno === EWOULDBLOCK || errno === EACCES) {
    return false;
  }
  const code = getSystemErrorName(-errno);
  throw Object.assign(new Error(`${code}: ${syscall}`), { code, errno: -errno, syscall });
}
