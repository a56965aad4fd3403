import type { OpenFile } from "./open-file.ts";

// The kernel's two families of advisory locks, exclusive and over the whole file, which is all that anybody here asks
// for. They know nothing of each other (local file systems; over NFS Linux maps `flock` to record locks).

/** What one kernel knows of a file. */
export interface AdvisoryLocks {
  /** Held with `flock`, by an open file description. */
  flockedBy: OpenFile | undefined;
  /** Held with `fcntl`: by an open file description (OFD) or by a process (POSIX). */
  recordLockedBy: object | undefined;
}

/** `flock(LOCK_EX | LOCK_NB)`. False: another description has it. */
export function tryFlock(file: OpenFile): boolean {
  const locks = locksOn(file);
  if (locks.flockedBy !== undefined && locks.flockedBy !== file) return false;
  locks.flockedBy = file;
  return true;
}

export function unflock(file: OpenFile): void {
  const locks = locksOn(file);
  if (locks.flockedBy === file) locks.flockedBy = undefined;
}

/**
 * `fcntl(F_OFD_SETLK)`: the lock belongs to the description. It conflicts with every lock of
 * anybody else, a process's too.
 */
export function tryDescriptionLock(file: OpenFile): boolean {
  return tryRecordLock(file, file);
}

/** `fcntl(F_SETLK)`: the lock belongs to the process, through whichever descriptor it asked. */
export function tryProcessLock(file: OpenFile): boolean {
  return tryRecordLock(file, file.owner);
}

export function unlockProcess(file: OpenFile): void {
  const locks = locksOn(file);
  if (locks.recordLockedBy === file.owner) locks.recordLockedBy = undefined;
}

/**
 * What `close` drops: the description's own locks and, POSIX being what it is, all record
 * locks of the process on this file.
 */
export function dropLocksOnClose(file: OpenFile): void {
  unflock(file);
  const locks = locksOn(file);
  if (locks.recordLockedBy === file || locks.recordLockedBy === file.owner) locks.recordLockedBy = undefined;
}

function tryRecordLock(file: OpenFile, owner: object): boolean {
  const locks = locksOn(file);
  if (locks.recordLockedBy !== undefined && locks.recordLockedBy !== owner) return false;
  locks.recordLockedBy = owner;
  return true;
}

function locksOn({ inode, kernel }: OpenFile): AdvisoryLocks {
  let locks = inode.locks.get(kernel);
  if (locks === undefined) {
    locks = { flockedBy: undefined, recordLockedBy: undefined };
    inode.locks.set(kernel, locks);
  }
  return locks;
}
