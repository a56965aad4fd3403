import type { ForeignFunctions } from "../runtime/foreign-functions.ts";
import type { KernelLocks } from "./kernel-locks.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;
const F_UNLCK = 2;

/** Where `struct flock` and the commands are what the table says. All 64-bit: off_t is then 8 bytes everywhere. */
interface Platform {
  /**
   * Record locks that belong to the open file description: closing another descriptor of the file does not drop them.
   */
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

/** What `posixLocks` must know of the system it runs on. */
export interface PosixSystem {
  /** As Node's `process.platform` and `process.arch`. */
  readonly platform: string;
  readonly arch: string;
  /**
   * Error codes by name, as `node:os` has them. Asked for when a call has failed: to load
   * that module takes Node 0.7 ms.
   */
  readonly errno: Readonly<Record<string, number>>;
}

/** `flock` keeps Python, Go and .NET out, the record lock Java. Neither waits, so neither blocks the event loop. */
export function posixLocks(foreign: ForeignFunctions, system: PosixSystem): KernelLocks | undefined {
  const platform = PLATFORMS[`${system.platform} ${system.arch}`];
  if (platform === undefined) {
    return undefined;
  }
  const { flock, fcntl } = foreign.open(null, {
    flock: { parameters: ["i32", "i32"], result: "i32" },
    fcntl: { parameters: ["i32", "i32", "buffer"], result: "i32", variableFrom: 2 },
  });

  const wholeFile = lockOf(platform, platform.F_WRLCK);
  const noLock = lockOf(platform, F_UNLCK);

  /** 0, or the errno. */
  function tryTo(call: () => unknown): number {
    for (;;) {
      if (call() === 0) return 0;
      const errno = foreign.errno();
      if (errno !== system.errno.EINTR) return errno;
    }
  }

  const record = (fd: number, lock: Uint8Array) => tryTo(() => fcntl(fd, platform.F_OFD_SETLK, lock));

  /**
   * Over SMB both are one and the same lock of the server's, so our first one refuses our second (Linux 6.1, Samba
   * 4.17). There `flock` alone keeps everybody out. Where a Java lets go just then, it alone does not see us.
   */
  function locksWithFlockAlone(fd: number): boolean {
    if (record(fd, wholeFile) !== 0) return false;
    record(fd, noLock);
    return tryTo(() => flock(fd, LOCK_EX | LOCK_NB)) === 0;
  }

  return {
    recordLocks: true,
    lock(fd) {
      const errno = tryTo(() => flock(fd, LOCK_EX | LOCK_NB));
      if (errno !== 0) {
        return refused("flock", errno, system);
      }
      const recordErrno = record(fd, wholeFile);
      // EINVAL: a kernel without such locks (Linux before 3.15, gVisor, older macOS). Only Java would not see us there.
      if (recordErrno === 0 || recordErrno === system.errno.EINVAL) {
        return true;
      }
      flock(fd, LOCK_UN);
      return refused("fcntl", recordErrno, system) || locksWithFlockAlone(fd);
    },
    letGo() {},
  };
}

/** Of the whole file: all else in it is zero. */
function lockOf({ size, typeOffset }: Platform, type: number): Uint8Array {
  const lock = new Uint8Array(size);
  new Int16Array(lock.buffer)[typeOffset / 2] = type;
  return lock;
}

function refused(syscall: string, errno: number, { errno: codes }: PosixSystem): false {
  if (errno === codes.EAGAIN || errno === codes.EWOULDBLOCK || errno === codes.EACCES) {
    return false;
  }
  const code = Object.keys(codes).find((name) => codes[name] === errno) ?? `errno ${errno}`;
  throw Object.assign(new Error(`${code}: ${syscall}`), { code, errno: -errno, syscall });
}
