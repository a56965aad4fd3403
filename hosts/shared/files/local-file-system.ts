import type { Runtime } from "../runtime/runtime.ts";

/** ext2 to 4, xfs, btrfs, f2fs, tmpfs, overlay: statfs(2). */
const LOCAL: readonly number[] = [0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x01021994, 0x794c7630];

/**
 * Is it one of Linux's own file systems, of which two things are known that hold neither for NFS nor for libfuse?
 *
 * - A link is the same file. Through sshfs it has an inode of its own.
 * - A file that somebody has open is replaced by a rename in one step, like any other. The others first give it another
 *   name. A rename that fails then, or that ends with the machine, leaves nothing at the path, and the file goes with
 *   the last descriptor: with a libfuse whose renames fail at times 40 and 73 of 75 tokens were gone (by hand).
 *   Windows does not rename onto an open file at all.
 */
export function isLocalFileSystem({ platform, fileSystemType }: Runtime, path: string): boolean {
  if (platform !== "linux") return false;
  try {
    const type = fileSystemType(path);
    return type !== undefined && LOCAL.includes(type);
  } catch {
    return false; // nothing is there, or nothing is said about it
  }
}
