// What a contender sees of a lock file, as in hosts/shared/lock/lock-inspection.ts.

import { allocate } from "../abi/arena";
import { CHANGED, NOT_FOUND, OK, OUT_OF_MEMORY } from "../abi/status";
import { LOOKS_MAX, mayBeReplaced, statusOf } from "./errno";
import * as files from "./files";
import { LEASE, LOCK_FILE } from "./path";
import { ISDIR, NOENT } from "./preview1";

/** The inspection of docs/host-interface.md. */
const INSPECTION_HEADER: usize = 40;
const INSPECTION_CONTENT_MAX: usize = 1024;
/** What is compared with an inspection. */
const CONTENT: usize = memory.data(1024, 8);

export let inspectionPointer: usize = 0;
export let inspectionLength: usize = 0;

export function inspectLock(): u32 {
  inspectionLength = 0;
  inspectionPointer = allocate(INSPECTION_HEADER + INSPECTION_CONTENT_MAX);
  if (inspectionPointer == 0) return OUT_OF_MEMORY;
  let errno = look();
  for (let looks: u32 = 1; mayBeReplaced(errno) && looks < LOOKS_MAX; looks++) errno = look();
  if (errno == NOENT) return NOT_FOUND;
  return errno == 0 ? inspectLease() : statusOf(errno);
}

function look(): u32 {
  let errno = files.statPath(LOCK_FILE);
  if (errno == 0 && !files.isLink() && !files.isRegular()) return ISDIR; // to open a pipe would wait for ever
  if (errno == 0) errno = files.openForReading(LOCK_FILE);
  if (errno != 0) return errno;
  const fd = files.opened;
  errno = files.statOpen(fd); // `NOENT`: some engines look at an open file by its name
  if (errno == 0) {
    store<u64>(inspectionPointer, files.inode());
    store<f64>(inspectionPointer, files.modifiedMilliseconds(), 8);
    store<u64>(inspectionPointer, files.size(), 24);
    store<u32>(inspectionPointer, 0, 32);
    errno = files.readAt(fd, inspectionPointer + INSPECTION_HEADER, INSPECTION_CONTENT_MAX, 0);
    store<u32>(inspectionPointer, <u32>files.transferred, 36);
  }
  files.close(fd);
  return errno;
}

function inspectLease(): u32 {
  const errno = files.statPath(LEASE);
  if (errno != 0 && errno != NOENT) return statusOf(errno);
  store<f64>(inspectionPointer, errno == 0 ? files.modifiedMilliseconds() : NaN, 16);
  inspectionLength = INSPECTION_HEADER + load<u32>(inspectionPointer, 36);
  return OK;
}

/**
 * `OK`: it is what was inspected. Where times are whole seconds its content alone may tell: kind K takes over in place.
 */
export function compare(path: usize, inspected: usize): u32 {
  let errno = readInspected(path, inspected);
  for (let looks: u32 = 1; mayBeReplaced(errno) && looks < LOOKS_MAX; looks++) errno = readInspected(path, inspected);
  if (errno != 0) return errno == NOENT ? CHANGED : statusOf(errno);
  const length = files.transferred;
  const isSame = length == <usize>load<u32>(inspected, 36);
  return isSame && memory.compare(CONTENT, inspected + INSPECTION_HEADER, length) == 0 ? OK : CHANGED;
}

/** `NOENT`, too, where another file is there. */
function readInspected(path: usize, inspected: usize): u32 {
  let errno = files.openForReading(path);
  if (errno != 0) return errno;
  const fd = files.opened;
  errno = files.statOpen(fd);
  if (errno == 0) errno = isInspected(inspected) ? files.readAt(fd, CONTENT, INSPECTION_CONTENT_MAX, 0) : NOENT;
  files.close(fd);
  return errno;
}

function isInspected(inspected: usize): bool {
  return (
    files.inode() == load<u64>(inspected) &&
    files.modifiedMilliseconds() == load<f64>(inspected, 8) &&
    files.size() == load<u64>(inspected, 24)
  );
}
