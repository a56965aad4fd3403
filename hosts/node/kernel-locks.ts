import { createRequire } from "node:module";
import { posixLocks } from "./kernel-locks-posix.ts";
import { windowsLocks } from "./kernel-locks-windows.ts";

/** Locks that the kernel frees when their holder dies. */
export interface KernelLocks {
  /**
   * Locks the whole file of a descriptor, without waiting. `false`: somebody else has a lock on it. Throws where the file
   * system has no locks (`isUnsupported`) or something is wrong with the descriptor.
   */
  lock(fd: number): boolean;
}

/** The part of koffi that is used. It is an optional dependency, so its own types may be missing. */
export interface Koffi {
  load(library: string | null): { func(prototype: string): (...args: unknown[]) => number };
  errno(): number;
}

/** This file system, or this kernel, has no such locks. */
export function isUnsupported(error: unknown): boolean {
  const { syscall = "", code = "" } = error as NodeJS.ErrnoException;
  return (
    ["flock", "fcntl", "LockFileEx"].includes(syscall) && ["ENOLCK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(code)
  );
}

let loaded: KernelLocks | null | undefined;

/** `undefined` where this process can have none: no koffi, or not a platform we know. Loaded once, when first asked for. */
export function loadKernelLocks(): KernelLocks | undefined {
  if (loaded === undefined) {
    try {
      const koffi = createRequire(import.meta.url)("koffi") as Koffi;
      loaded = (process.platform === "win32" ? windowsLocks(koffi) : posixLocks(koffi)) ?? null;
    } catch {
      loaded = null; // not installed, not built for this platform, or barred: a lease does the work
    }
  }
  return loaded ?? undefined;
}
