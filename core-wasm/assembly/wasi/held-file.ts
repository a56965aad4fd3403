// The lock file that we hold, as in hosts/shared/lock/lock-file.ts.

import { CHANGED, OK } from "../abi/status";
import { statusOf } from "./errno";
import * as files from "./files";
import { lengthOfLine, linePointer } from "./identity";
import { LOCK_FILE } from "./path";
import { NOENT } from "./preview1";

const NONE: u32 = 0xffffffff;
/** What was read of it. More than the longest line, so that a longer content shows. */
const CONTENT: usize = memory.data(1024, 8);

/** Open: the descriptor pins the inode, so its number cannot pass to another file meanwhile. */
let held: u32 = NONE;
let heldInode: u64 = 0;
let heldDevice: u64 = 0;
/** Of the last reading of it. */
export let readErrno: u32 = 0;

/** As far as we know. */
export function isHeld(): bool {
  return held != NONE;
}

/**
 * From now on `fd` is the file we hold. `CHANGED`: it is gone already. A file that cannot be looked at is left where it
 * is: empty, it is nobody's after 2 s.
 */
export function adopt(fd: u32): u32 {
  if (held != NONE) close();
  held = fd;
  const errno = files.statOpen(fd);
  if (errno != 0) {
    close();
    return errno == NOENT ? CHANGED : statusOf(errno);
  }
  heldInode = files.inode();
  heldDevice = files.device();
  return OK;
}

export function isAtPath(): bool {
  return held != NONE && files.statPath(LOCK_FILE) == 0 && isWhatWasLookedAt();
}

/** Is what was looked at last the file that we hold? */
function isWhatWasLookedAt(): bool {
  return files.inode() == heldInode && files.device() == heldDevice;
}

export function holdsLine(): bool {
  return holdsNoMoreThanLine() && files.transferred == lengthOfLine();
}

/** Nothing, or the beginning of our line. */
function holdsNoMoreThanLine(): bool {
  const length = lengthOfLine();
  readErrno = files.readAt(held, CONTENT, length + 1, 0);
  return (
    readErrno == 0 &&
    files.transferred <= length &&
    memory.compare(CONTENT, linePointer(), files.transferred) == 0
  );
}

/** A holder of kind K takes an empty file over in place: the inode alone does not tell whose it is. */
export function removeUnlessTaken(): void {
  if (holdsNoMoreThanLine()) removeFile();
}

/**
 * What cannot be removed is dated as nobody's. Left as it is, it would name a process that lives, and
 * everybody would wait for it for 30 s.
 */
export function removeFile(): u32 {
  let errno = files.statPath(LOCK_FILE);
  if (errno == 0) errno = isWhatWasLookedAt() ? files.unlink(LOCK_FILE) : NOENT;
  if (errno == NOENT) return 0;
  if (errno != 0) files.setTimesOpen(held, 0);
  return errno;
}

/** What was linked to the path and is another file there, if nobody has put something else there since. */
// @ts-ignore: decorator
@cold
export function removeTwin(): void {
  close();
  if (files.openForReading(LOCK_FILE) != 0) return;
  held = files.opened;
  if (holdsLine()) files.unlink(LOCK_FILE);
}

export function writeLine(): u32 {
  return files.writeAll(held, linePointer(), lengthOfLine());
}

/** QEMU's server of 9P goes by the name by which it was opened, and that is gone. */
export function date(time: u64): u32 {
  const errno = files.setTimesOpen(held, time);
  return errno == NOENT && isAtPath() ? files.setTimes(LOCK_FILE, time) : errno;
}

export function close(): void {
  if (held != NONE) files.close(held);
  held = NONE;
}
