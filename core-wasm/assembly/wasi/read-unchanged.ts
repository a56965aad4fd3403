// What a look at a file yields: its version, and its content as it was at one moment. The same steps as in
// hosts/shared/files/read-unchanged.ts.
import { allocate } from "../abi/arena";
import { maxStoredBytes } from "../abi/settings";
import { DOCUMENT_TOO_LARGE, NOT_FOUND, OK, OUT_OF_MEMORY } from "../abi/status";
import { statusOf } from "./errno";
import * as files from "./files";
import { NOENT } from "./preview1";

const VERSION_SIZE: usize = 24;
/** A version and 8 bytes of zero, so that the content behind it is aligned. */
export const READ_HEADER: usize = 32;
/** How often a file that changes while it is being read is read again. */
const READS_MAX: u32 = 4;

/** What a call yields: a version, and the content behind it. */
export let yieldPointer: usize = 0;
export let yieldLength: usize = 0;

/** From before the reading: a write in between then shows as a change. Peers write in place, so that is read again. */
export function readUnchanged(fd: u32): u32 {
  let status = OK;
  let isSettled = false;
  for (let reads: u32 = 0; reads < READS_MAX && status == OK && !isSettled; reads++) {
    status = readOnce(fd);
    isSettled = files.size() == load<u64>(yieldPointer, 8) && files.modified() == load<u64>(yieldPointer);
    isSettled = isSettled && yieldLength - READ_HEADER == <usize>files.size();
  }
  return status;
}

/** Looks at the file again afterwards. */
function readOnce(fd: u32): u32 {
  let errno = files.statOpen(fd);
  if (errno != 0) return statusOfReading(errno);
  const size = files.size();
  if (size > maxStoredBytes()) return DOCUMENT_TOO_LARGE;
  const status = yieldWithRoom(READ_HEADER, <usize>size);
  if (status != OK) return status;
  errno = files.readAt(fd, yieldPointer + READ_HEADER, <usize>size, 0);
  if (errno != 0) return statusOf(errno);
  yieldLength = READ_HEADER + files.transferred;
  errno = files.statOpen(fd);
  return errno == 0 ? OK : statusOfReading(errno);
}

/** Some engines look at an open file by its name, which somebody may have removed meanwhile. */
function statusOfReading(errno: u32): u32 {
  return errno == NOENT ? NOT_FOUND : statusOf(errno);
}

/** The version of what was looked at last. */
export function yieldVersion(): u32 {
  return yieldWithRoom(VERSION_SIZE, 0);
}

export function yieldNothing(): void {
  yieldLength = 0;
}

/** With room for content behind it. */
function yieldWithRoom(header: usize, room: usize): u32 {
  yieldPointer = allocate(header + room);
  yieldLength = header;
  if (yieldPointer == 0) return OUT_OF_MEMORY;
  store<u64>(yieldPointer, files.modified());
  store<u64>(yieldPointer, files.size(), 8);
  store<u64>(yieldPointer, files.inode(), 16);
  return OK;
}
