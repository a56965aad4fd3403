// The lease of a holder of kind P: the directory beside the lock file whose modification time proves its holder alive,
// as proper-lockfile has it. Here nothing runs while the embedder does something else, so it is renewed when the core
// renews the lock, and it is ours only while it is the directory we made, with the time we gave it.

import { BUSY, OK } from "../abi/status";
import { statusOf } from "./errno";
import * as files from "./files";
import { LEASE } from "./path";
import { EXIST, NOENT } from "./preview1";
import { now } from "./system";

/** After this a lease that was not renewed is nobody's. As in hosts/shared/lock/lease.ts. */
const STALE_NS: u64 = 8000000000;

let isTaken: bool = false;
let inode: u64 = 0;
let device: u64 = 0;
let renewedAt: u64 = 0;

/** `OK`, `BUSY` or an error. */
export function takeLease(): u32 {
  let errno = files.makeFolder(LEASE);
  if (errno == EXIST && isNobodys()) {
    files.removeFolder(LEASE);
    errno = files.makeFolder(LEASE);
  }
  // Or two found it stale, and the other one was quicker; NOENT as for a lock file.
  if (errno == EXIST || errno == NOENT) return BUSY;
  if (errno != 0) return statusOf(errno);
  return dateNew();
}

/**
 * Stale; or, after a clock was set back, so far from the future that it would not be until that time has come again.
 */
function isNobodys(): bool {
  const errno = files.statPath(LEASE);
  if (errno != 0) return errno == NOENT;
  const time = now();
  const modified = files.modified();
  return modified + STALE_NS < time || modified > time + STALE_NS;
}

function dateNew(): u32 {
  let errno = files.setTimes(LEASE, now());
  if (errno == 0) errno = files.statPath(LEASE);
  if (errno != 0) {
    files.removeFolder(LEASE);
    return errno == NOENT ? BUSY : statusOf(errno);
  }
  isTaken = true;
  inode = files.inode();
  device = files.device();
  renewedAt = files.modified(); // what the file system made of it
  return OK;
}

/** Whoever takes it over makes another directory, or at least gives it another time. */
export function isLeaseOurs(): bool {
  return (
    isTaken &&
    files.statPath(LEASE) == 0 &&
    files.inode() == inode &&
    files.device() == device &&
    files.modified() == renewedAt
  );
}

/** False: it is not ours any more. */
export function renewLease(): bool {
  if (!isLeaseOurs() || files.setTimes(LEASE, now()) != 0 || files.statPath(LEASE) != 0) return false;
  renewedAt = files.modified();
  return files.inode() == inode && files.device() == device;
}

/** Another one's is left alone. Returns an errno. */
export function releaseLease(): u32 {
  const isOurs = isLeaseOurs();
  isTaken = false;
  if (!isOurs) return 0;
  const errno = files.removeFolder(LEASE);
  return errno == NOENT ? 0 : errno;
}
