// The lock of kind P (docs/lock.md): the exclusively created file and the lease. The same steps as in
// hosts/shared/lock/lease-lock.ts, one after the other instead of awaited. Functions return a status.

import { allocate } from "../abi/arena";
import { BUSY, CHANGED, EXISTS, LOST, NOT_A_FILE, NOT_FOUND, OK, OUT_OF_MEMORY } from "../abi/status";
import { statusOf } from "./errno";
import * as files from "./files";
import { lengthOfLine, linePointer } from "./identity";
import { isLeaseOurs, releaseLease, renewLease, takeLease } from "./lease";
import { nameTemporary } from "./names";
import { LEASE, LOCK_FILE, TEMPORARY } from "./path";
import { EXIST, NOENT } from "./preview1";
import { now } from "./system";

/** The inspection of docs/host-interface.md. */
const INSPECTION_HEADER: usize = 40;
const INSPECTION_CONTENT_MAX: usize = 1024;
const NONE: u32 = 0xffffffff;
/** What an inspection keeps, which is more than the longest line, so that a longer content shows. */
const CONTENT: usize = memory.data(1024, 8);

/**
 * The lock file that we hold. Open: the descriptor pins the inode, so its number cannot pass to another file meanwhile.
 */
let held: u32 = NONE;
let heldInode: u64 = 0;
let heldDevice: u64 = 0;

export let inspectionPointer: usize = 0;
export let inspectionLength: usize = 0;

export function createLock(): u32 {
  dropLost();
  const errno = files.statPath(LOCK_FILE);
  if (errno == 0) return EXISTS; // the common case under contention, at the price of one look
  if (errno != NOENT) return statusOf(errno);
  const status = createAnew();
  if (status != OK) return status == CHANGED ? EXISTS : status;
  return holdWithLease();
}

/**
 * The lock file first, which is one call. `EXISTS`: the lease is another one's, or took
 * so long that the file is by now.
 */
function holdWithLease(): u32 {
  const status = takeLease();
  if (status == OK) {
    if (checkLock() == OK) return OK;
    releaseLock();
    return EXISTS;
  }
  removeUnlessTaken();
  close();
  return status == BUSY ? EXISTS : status;
}

export function inspectLock(): u32 {
  inspectionLength = 0;
  let errno = files.statPath(LOCK_FILE);
  if (errno == 0 && !files.isLink() && !files.isRegular()) return NOT_A_FILE; // to open a pipe would wait for ever
  if (errno == 0) errno = files.openForReading(LOCK_FILE);
  if (errno != 0) return errno == NOENT ? NOT_FOUND : statusOf(errno);
  const fd = files.opened;
  inspectionPointer = allocate(INSPECTION_HEADER + INSPECTION_CONTENT_MAX);
  if (inspectionPointer == 0) {
    files.close(fd);
    return OUT_OF_MEMORY;
  }
  errno = files.statOpen(fd);
  if (errno == 0) {
    store<u64>(inspectionPointer, files.inode());
    store<f64>(inspectionPointer, files.modifiedMilliseconds(), 8);
    store<u64>(inspectionPointer, files.size(), 24);
    store<u32>(inspectionPointer, 0, 32);
    errno = files.readAt(fd, inspectionPointer + INSPECTION_HEADER, INSPECTION_CONTENT_MAX, 0);
    store<u32>(inspectionPointer, <u32>files.transferred, 36);
  }
  files.close(fd);
  if (errno == NOENT) return NOT_FOUND; // some engines look at an open file by its name
  return errno == 0 ? inspectLease() : statusOf(errno);
}

function inspectLease(): u32 {
  const errno = files.statPath(LEASE);
  if (errno != 0 && errno != NOENT) return statusOf(errno);
  store<f64>(inspectionPointer, errno == 0 ? files.modifiedMilliseconds() : NaN, 16);
  inspectionLength = INSPECTION_HEADER + load<u32>(inspectionPointer, 36);
  return OK;
}

/** Only under the lease, and only what was inspected. */
export function takeOverLock(inspected: usize): u32 {
  dropLost();
  let status = takeLease();
  if (status != OK) return status;
  status = replaceAbandoned(inspected);
  if (status != OK) releaseLease();
  return status;
}

function replaceAbandoned(inspected: usize): u32 {
  let status = compare(LOCK_FILE, inspected);
  if (status != OK) return status;
  nameTemporary(TEMPORARY, LOCK_FILE);
  const errno = files.rename(LOCK_FILE, TEMPORARY);
  if (errno != 0) return errno == NOENT ? CHANGED : statusOf(errno);
  status = compare(TEMPORARY, inspected);
  // Who was stopped just before that may have lost the lease, and the file, unchanged, have a holder again.
  if (status == OK && !isLeaseOurs()) status = CHANGED;
  if (status != OK) {
    putBack();
    return status;
  }
  files.unlink(TEMPORARY);
  return createAnew();
}

/**
 * `OK`: it is what was inspected. Where times are whole seconds its content alone may tell: kind K takes over in place.
 */
function compare(path: usize, inspected: usize): u32 {
  let errno = files.openForReading(path);
  if (errno != 0) return errno == NOENT ? CHANGED : statusOf(errno);
  const fd = files.opened;
  errno = files.statOpen(fd);
  let isSame = errno == 0 && isInspected(inspected);
  if (isSame) errno = files.readAt(fd, CONTENT, INSPECTION_CONTENT_MAX, 0);
  files.close(fd);
  if (errno != 0) return errno == NOENT ? CHANGED : statusOf(errno);
  const length = files.transferred;
  isSame = isSame && length == <usize>load<u32>(inspected, 36);
  return isSame && memory.compare(CONTENT, inspected + INSPECTION_HEADER, length) == 0 ? OK : CHANGED;
}

/** Somebody took it, or wrote to it, between two looks: theirs it shall be, unless a third has created one by now. */
function putBack(): void {
  files.link(TEMPORARY, LOCK_FILE);
  files.unlink(TEMPORARY);
}

/**
 * `CHANGED`: there is one. Written before it gets its name: nobody finds it empty, takes it over, and is
 * written over by a creator who was slow. Engines differ in what they say where there are no hard links; what
 * else fails here fails in place too.
 */
function createAnew(): u32 {
  nameTemporary(TEMPORARY, LOCK_FILE);
  let errno = files.createNewWithFolders(TEMPORARY);
  if (errno != 0) return statusOf(errno);
  const status = adopt(files.opened);
  if (status == OK) errno = files.writeAll(held, linePointer(), lengthOfLine());
  if (status == OK && errno == 0) errno = files.link(TEMPORARY, LOCK_FILE);
  if (errno != 0 && isAtPath()) errno = 0; // a server of NFS may have made the link and report that it has not
  files.unlink(TEMPORARY);
  if (status != OK || errno == 0) return status;
  close();
  return errno == EXIST ? CHANGED : createInPlace();
}

function createInPlace(): u32 {
  let errno = files.createNew(LOCK_FILE);
  if (errno == EXIST) return CHANGED;
  if (errno != 0) return statusOf(errno);
  const status = adopt(files.opened);
  if (status != OK) return status;
  if (files.size() != 0) {
    close(); // it took us so long that a holder of kind K has taken the file over: theirs it is
    return CHANGED;
  }
  errno = files.writeAll(held, linePointer(), lengthOfLine());
  if (errno == 0) return OK;
  removeUnlessTaken();
  close();
  return statusOf(errno);
}

function isInspected(inspected: usize): bool {
  return (
    files.inode() == load<u64>(inspected) &&
    files.modifiedMilliseconds() == load<f64>(inspected, 8) &&
    files.size() == load<u64>(inspected, 24)
  );
}

/** `OK` or `LOST`. The content is compared too: a holder of kind K that found us stale takes the file over in place. */
export function checkLock(): u32 {
  return isAtPath() && holdsLine() && isLeaseOurs() ? OK : LOST;
}

export function touchLock(): u32 {
  if (checkLock() != OK || !renewLease()) return LOST;
  const errno = files.setTimesOpen(held, now());
  if (errno == NOENT) return LOST;
  return errno == 0 ? OK : statusOf(errno);
}

/** As far as we know. */
export function isLockHeld(): bool {
  return held != NONE;
}

/**
 * Compares before it removes. A file that is still ours goes even where the lease is lost: left behind, it would name a
 * process that lives, and everybody, ourselves first, would wait for it.
 */
export function releaseLock(): u32 {
  let errno: u32 = 0;
  if (held != NONE && holdsLine()) errno = removeFile();
  const leaseErrno = releaseLease();
  close();
  if (errno == 0) errno = leaseErrno;
  return errno == 0 ? OK : statusOf(errno);
}

function dropLost(): void {
  if (held != NONE && checkLock() != OK) releaseLock();
}

/**
 * From now on `fd` is the file we hold. `CHANGED`: it is gone already. A file that cannot be looked at is left where it
 * is: empty, it is nobody's after 2 s.
 */
function adopt(fd: u32): u32 {
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

function isAtPath(): bool {
  return held != NONE && files.statPath(LOCK_FILE) == 0 && isHeldFile();
}

/** Is what was looked at last the file that we hold? */
function isHeldFile(): bool {
  return files.inode() == heldInode && files.device() == heldDevice;
}

function holdsLine(): bool {
  return holdsNoMoreThanLine() && files.transferred == lengthOfLine();
}

/** Nothing, or the beginning of our line. */
function holdsNoMoreThanLine(): bool {
  const length = lengthOfLine();
  return (
    files.readAt(held, CONTENT, length + 1, 0) == 0 &&
    files.transferred <= length &&
    memory.compare(CONTENT, linePointer(), files.transferred) == 0
  );
}

/** A holder of kind K takes an empty file over in place: the inode alone does not tell whose it is. */
function removeUnlessTaken(): void {
  if (holdsNoMoreThanLine()) removeFile();
}

/**
 * What cannot be removed is dated as nobody's. Left as it is, it would name a process that lives, and
 * everybody would wait for it for 30 s.
 */
function removeFile(): u32 {
  let errno = files.statPath(LOCK_FILE);
  if (errno == 0) errno = isHeldFile() ? files.unlink(LOCK_FILE) : NOENT;
  if (errno == NOENT) return 0;
  if (errno != 0) files.setTimesOpen(held, 0);
  return errno;
}

function close(): void {
  if (held != NONE) files.close(held);
  held = NONE;
}
