// The lock of kind P (docs/lock.md): the exclusively created file and the lease. The same steps as in
// hosts/shared/lock/lease-lock.ts, one after the other instead of awaited. Functions return a status.

import { BUSY, CHANGED, EXISTS, LOST, OK } from "../abi/status";
import { statusOf } from "./errno";
import * as files from "./files";
import * as heldFile from "./held-file";
import { isLeaseOurs, releaseLease, renewLease, takeLease } from "./lease";
import { compare } from "./lock-inspection";
import { nameTemporary } from "./names";
import { LOCK_FILE, TEMPORARY } from "./path";
import { EXIST, NOENT, NOTSUP } from "./preview1";
import { now } from "./system";

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
  heldFile.removeUnlessTaken();
  heldFile.close();
  return status == BUSY ? EXISTS : status;
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
  const status = heldFile.adopt(files.opened);
  if (status == OK) errno = heldFile.writeLine();
  if (status == OK && errno == 0) errno = publish();
  files.unlink(TEMPORARY);
  if (status != OK || errno == 0) return status;
  heldFile.close();
  return errno == EXIST ? CHANGED : createInPlace();
}

/**
 * A server of NFS may have made the link and report that it has not. And where a link is another file (sshfs) what has
 * the name then would never be the one that is held here.
 */
function publish(): u32 {
  const errno = files.link(TEMPORARY, LOCK_FILE);
  if (heldFile.isAtPath()) return 0;
  if (errno != 0) return errno;
  heldFile.removeTwin();
  return NOTSUP;
}

/** 9P says NOENT of a name that somebody takes away while it is looked at. The folder is there. */
function createInPlace(): u32 {
  let errno = files.createNew(LOCK_FILE);
  if (errno == EXIST || errno == NOENT) return CHANGED;
  if (errno != 0) return statusOf(errno);
  const status = heldFile.adopt(files.opened);
  if (status != OK) return status;
  if (files.size() != 0) {
    heldFile.close(); // it took us so long that a holder of kind K has taken the file over: theirs it is
    return CHANGED;
  }
  errno = heldFile.writeLine();
  if (errno == 0) return OK;
  heldFile.removeUnlessTaken();
  heldFile.close();
  return statusOf(errno);
}

/** `OK` or `LOST`. The content is compared too: a holder of kind K that found us stale takes the file over in place. */
export function checkLock(): u32 {
  return heldFile.isAtPath() && heldFile.holdsLine() && isLeaseOurs() ? OK : LOST;
}

export function touchLock(): u32 {
  if (checkLock() != OK || !renewLease()) return LOST;
  const errno = heldFile.date(now());
  if (errno == NOENT) return LOST;
  return errno == 0 ? OK : statusOf(errno);
}

/**
 * Compares before it removes. A file that is still ours goes even where the lease is lost: left behind, it would name a
 * process that lives, and everybody, ourselves first, would wait for it.
 */
export function releaseLock(): u32 {
  let errno: u32 = 0;
  if (heldFile.isHeld() && isOwn()) errno = heldFile.removeFile();
  const leaseErrno = releaseLease();
  heldFile.close();
  if (errno == 0) errno = leaseErrno;
  return errno == 0 ? OK : statusOf(errno);
}

/** What cannot be read is still ours where the lease is: none of ours takes it over beside one. */
function isOwn(): bool {
  return heldFile.holdsLine() || (heldFile.readErrno != 0 && isLeaseOurs());
}

function dropLost(): void {
  if (heldFile.isHeld() && checkLock() != OK) releaseLock();
}
