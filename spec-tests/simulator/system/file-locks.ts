import type { Inode } from "./inode.ts";
import type { OpenFile } from "./open-file.ts";

// The kernel's two families of advisory locks, exclusive and over the whole file, which is all that anybody here asks
// for. They know nothing of each other (local file systems; over NFS Linux maps `flock` to record locks).

/** `flock(LOCK_EX | LOCK_NB)`. False: another description has it. */
export function tryFlock(file: OpenFile): boolean {
  const { inode } = file;
  if (inode.flockedBy !== undefined && inode.flockedBy !== file) return false;
  inode.flockedBy = file;
  return true;
}

export function unflock(file: OpenFile): void {
  if (file.inode.flockedBy === file) file.inode.flockedBy = undefined;
}

/**
 * `fcntl(F_OFD_SETLK)`: the lock belongs to the description. It conflicts with every lock of
 * anybody else, a process's too.
 */
export function tryDescriptionLock(file: OpenFile): boolean {
  return tryRecordLock(file.inode, file);
}

/** `fcntl(F_SETLK)`: the lock belongs to the process, through whichever descriptor it asked. */
export function tryProcessLock(file: OpenFile): boolean {
  return tryRecordLock(file.inode, file.owner);
}

export function unlockProcess(file: OpenFile): void {
  if (file.inode.recordLockedBy === file.owner) file.inode.recordLockedBy = undefined;
}

/**
 * What `close` drops: the description's own locks and, POSIX being what it is, all record
 * locks of the process on this file.
 */
export function dropLocksOnClose(file: OpenFile): void {
  unflock(file);
  const { inode } = file;
  if (inode.recordLockedBy === file || inode.recordLockedBy === file.owner) inode.recordLockedBy = undefined;
}

function tryRecordLock(inode: Inode, owner: object): boolean {
  if (inode.recordLockedBy !== undefined && inode.recordLockedBy !== owner) return false;
  inode.recordLockedBy = owner;
  return true;
}
