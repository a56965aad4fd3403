import { statusOfError, toPersistenceError } from "../errors/thrown.ts";

/** Locks that the kernel frees when their holder dies. */
export interface KernelLocks {
  /**
   * What keeps whom out. `flock` (on Windows `LockFileEx`): Python, Go, .NET and other holders of kind K. A record
   * lock: Java. Where only the first can be had, Java alone does not see us.
   */
  readonly recordLocks: boolean;
  /**
   * Locks the whole file of a descriptor, which is at `path`, without waiting. `false`: somebody else has a lock on it.
   * Throws where the file system has no locks (`isUnsupported`) or something is wrong with the descriptor.
   */
  lock(fd: number, path: string): boolean;
  /** Lets go of what `lock` has opened beside the descriptor. Closing the descriptor does the rest. */
  letGo(fd: number): void;
}

/** This file system, or this kernel, has no such locks. */
export function isUnsupported(error: unknown): boolean {
  const { syscall = "", code = "" } = error as { code?: string; syscall?: string };
  return (
    ["flock", "fcntl", "LockFileEx"].includes(syscall) && ["ENOLCK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(code)
  );
}

/**
 * Loaded once, when first asked for. Where loading throws there are none, and a lease does the work. Only a want of
 * descriptors is reported: it passes, and not all of the family would see a lease.
 */
export function lazily(load: () => KernelLocks | undefined): () => KernelLocks | undefined {
  let loaded: KernelLocks | null | undefined;
  return () => {
    if (loaded === undefined) {
      try {
        loaded = load() ?? null;
      } catch (error) {
        if (statusOfError(error) === "too_many_open_files") throw toPersistenceError(error);
        loaded = null; // not installed, not built for this platform, or barred
      }
    }
    return loaded ?? undefined;
  };
}
