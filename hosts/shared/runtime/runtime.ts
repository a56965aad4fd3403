import type { Clock } from "../core/capabilities.ts";
import type { FileSystem } from "../files/file-system.ts";
import type { KernelLocks } from "../lock/kernel-locks.ts";

/** The functions of `node:path` that are used. */
export interface Paths {
  readonly sep: string;
  basename(path: string): string;
  dirname(path: string): string;
  isAbsolute(path: string): boolean;
  join(...parts: string[]): string;
  resolve(path: string): string;
}

/**
 * What the file store and the lock are made of. A runtime supplies it; a test replaces parts, a simulator the whole.
 */
export interface Runtime {
  /** As Node's `process.platform`. */
  readonly platform: string;
  readonly fs: FileSystem;
  readonly paths: Paths;
  /** The flag `O_NOFOLLOW` of `open`, 0 where there is none. */
  readonly noFollow: number;
  /**
   * The flag `O_NONBLOCK`, 0 where there is none. Without it opening a pipe waits until somebody writes to it,
   * and with it the whole event loop.
   */
  readonly nonBlock: number;
  /** What statfs(2) calls the file system that a file is on, or should; `undefined` where that cannot be told. */
  fileSystemType(path: string): number | undefined;
  readonly pid: number;
  /** What it makes in another user's folder is for that user. Deno may not say. */
  readonly isRoot: boolean;
  /** When this process began, in milliseconds since the epoch; `-Infinity` where a thread of it cannot tell. */
  readonly startedMs: number;
  /** The path of what runs, for others who wait for it. */
  readonly program: string;
  readonly clock: Clock;
  /** `undefined` where this process can have none: then a lease does the work. Loaded when first asked for. */
  kernelLocks(): KernelLocks | undefined;
  /** As `process.kill(pid, 0)`: throws `ESRCH` where there is no such process, `EPERM` where it is another user's. */
  signalProcess(pid: number): void;
}
