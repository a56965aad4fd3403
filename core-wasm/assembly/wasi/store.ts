// The cache file: replaced as a whole, synced, renamed. The same steps as in hosts/shared/files/store.ts. A new file is
// written in two parts, with the embedder in between if it is to make it private: WASI has no modes, so it would be
// born with those of the process. Functions return a status; `PENDING` where the embedder is asked first.

import { allocate } from "../abi/arena";
import { CHANGED, IO_ERROR, LOST, NOT_FOUND, OK } from "../abi/status";
import { LOOKS_MAX, statusOf } from "./errno";
import * as files from "./files";
import { followLinks } from "./follow-links";
import { checkLock } from "./lock";
import { nameDamaged, nameDamagedLink, nameTemporary } from "./names";
import { KEPT, TARGET, TEMPORARY, bytesOf, clearPath, copyPath, fullPath, lengthOf } from "./path";
import { DQUOT, EXIST, NOENT, NOSPC } from "./preview1";
import { READ_HEADER, readUnchanged, yieldLength, yieldNothing, yieldPointer, yieldVersion } from "./read-unchanged";
import { KIND_MAKE_PRIVATE, ask } from "./request";

export const PENDING: u32 = 0xffff;

const PURPOSE_REPLACE: u32 = 1;
const PURPOSE_SET_ASIDE: u32 = 2;

let asksForPrivacy: bool = false;

/** What the file was when it was looked at or read last, if there was one. */
let sawFile: bool = false;
let seenInode: u64 = 0;
let seenModified: u64 = 0;
let seenSize: u64 = 0;

/** The new file that waits to be written. */
let purpose: u32 = 0;
let newFile: u32 = 0;
let contentPointer: usize = 0;
let contentLength: usize = 0;

export function setAsksForPrivacy(asks: bool): void {
  asksForPrivacy = asks;
}

export function statStore(): u32 {
  const status = findTarget();
  return noteSeen(status == OK ? yieldVersion() : status);
}

export function readStore(): u32 {
  return noteSeen(read());
}

/** Replaced by another machine meanwhile, there is one all the same: it is not absence, which would be a sign-out. */
function read(): u32 {
  let status = readOnce();
  for (let looks: u32 = 1; status == IO_ERROR && looks < LOOKS_MAX; looks++) status = readOnce();
  return status;
}

function noteSeen(status: u32): u32 {
  sawFile = status == OK;
  if (!sawFile) return status;
  seenModified = load<u64>(yieldPointer);
  seenSize = load<u64>(yieldPointer, 8);
  seenInode = load<u64>(yieldPointer, 16);
  return status;
}

function readOnce(): u32 {
  const status = findTarget();
  if (status != OK) return status;
  const errno = files.openForReading(TARGET);
  if (errno != 0) return errno == NOENT ? NOT_FOUND : statusOf(errno);
  const fd = files.opened;
  const outcome = readUnchanged(fd);
  files.close(fd);
  return outcome;
}

export function replaceStore(op: u32, pointer: usize, length: usize): u32 {
  const status = findTarget();
  if (status != OK && status != NOT_FOUND) return status;
  nameTemporary(TEMPORARY, TARGET);
  return begin(PURPOSE_REPLACE, op, pointer, length);
}

export function removeStore(): u32 {
  const status = findTarget();
  if (status != OK) return status;
  const errno = files.unlink(TARGET);
  if (errno != 0) return errno == NOENT ? NOT_FOUND : statusOf(errno);
  settle();
  return OK;
}

/**
 * So that a new name, or that there is none, survives a power cut. Best effort, as in SQLite: it is visible already.
 * wasmtime's WASI and wasmi's refuse to sync a folder. A new file in it does as much on ext4, xfs and btrfs: what
 * brings its name to the disk brings all names there that came or went before it (`npm run power-cut`).
 */
function settle(): void {
  if (files.syncFolderOf(TARGET)) return;
  nameTemporary(TEMPORARY, TARGET);
  if (files.createNew(TEMPORARY) != 0) return;
  files.sync(files.opened);
  files.close(files.opened);
  files.unlink(TEMPORARY);
}

/**
 * A copy: the family's other members write in place, and would write into a link's content too. Beside the file
 * itself and not beside a link to it: what root makes goes to the owner of its folder, and a user could then read
 * what a link of the user's leads to.
 */
export function setStoreAside(op: u32): u32 {
  const status = read();
  if (status != OK) return status;
  const pointer = yieldPointer + READ_HEADER;
  const length = yieldLength - READ_HEADER;
  if (isKept(pointer, length)) return OK;
  nameDamaged(TEMPORARY, TARGET);
  return begin(PURPOSE_SET_ASIDE, op, pointer, length);
}

/**
 * The same content, however often what follows fails. By its content: where times are whole
 * seconds nothing else may tell.
 */
function isKept(pointer: usize, length: usize): bool {
  if (lengthOf(KEPT) == 0 || files.statPath(KEPT) != 0 || !files.isRegular() || files.size() != length) return false;
  const content = allocate(length);
  if (content == 0 || files.openForReading(KEPT) != 0) return false;
  const fd = files.opened;
  const errno = files.readAt(fd, content, length, 0);
  files.close(fd);
  return errno == 0 && files.transferred == length && memory.compare(content, pointer, length) == 0;
}

function kept(status: u32): u32 {
  if (status == OK) copyPath(KEPT, TEMPORARY);
  return status;
}

/** What another cache has set aside lies elsewhere. */
export function forgetKept(): void {
  clearPath(KEPT);
}

function begin(what: u32, op: u32, pointer: usize, length: usize): u32 {
  const errno = files.createNewWithFolders(TEMPORARY);
  if (errno != 0) return statusOf(errno);
  purpose = what;
  newFile = files.opened;
  contentPointer = pointer;
  contentLength = length;
  if (!asksForPrivacy) return finishNewFile(OK);
  const path = fullPath(TEMPORARY);
  ask(KIND_MAKE_PRIVATE, op, bytesOf(path), lengthOf(path), 0);
  return PENDING;
}

/** `answer`: what became of making it private; whatever is no `OK` leaves nothing behind. */
export function finishNewFile(answer: u32): u32 {
  const isReplacing = purpose == PURPOSE_REPLACE;
  purpose = 0;
  if (answer != OK) {
    files.close(newFile);
    files.unlink(TEMPORARY);
    return answer == PENDING ? IO_ERROR : answer; // as an answer it is no status, and nothing is to come any more
  }
  const errno = writeNewFile();
  const status = errno == 0 ? yieldVersion() : statusOf(errno);
  if (status == OK) return isReplacing ? publish() : kept(OK);
  files.unlink(TEMPORARY);
  return isReplacing || (errno != NOSPC && errno != DQUOT) ? status : kept(linkAside());
}

/**
 * Only where a copy finds no room is a second link better than nothing. All processes name it alike: on a full disk
 * each of them would add another.
 */
function linkAside(): u32 {
  let errno = files.statPath(TARGET);
  if (errno != 0) return statusOf(errno);
  const inode = files.inode();
  nameDamagedLink(TEMPORARY, TARGET);
  errno = files.link(TARGET, TEMPORARY);
  const isThere = errno == EXIST && files.statPath(TEMPORARY) == 0 && files.inode() == inode;
  return errno == 0 || isThere ? OK : statusOf(errno);
}

/** Gives up the new file that waits for the embedder. */
export function abandonNewFile(): void {
  if (purpose != 0) finishNewFile(LOST);
}

function writeNewFile(): u32 {
  let errno = files.writeAll(newFile, contentPointer, contentLength);
  if (errno == 0) errno = files.sync(newFile);
  // Renaming changes none of what a version is, so this is the one readers will see.
  if (errno == 0) errno = files.statOpen(newFile);
  const closing = files.close(newFile);
  return errno == 0 ? closing : errno;
}

/** The last look at the lock comes directly before the rename. */
function publish(): u32 {
  let status = checkUnchanged();
  if (status == OK) status = checkLock();
  const errno = status == OK ? files.rename(TEMPORARY, TARGET) : 0;
  if (status == OK && errno == 0) {
    settle();
    return OK;
  }
  files.unlink(TEMPORARY);
  return status == OK ? statusOf(errno) : status;
}

/** `CHANGED`: somebody has written since who does not ask for the lock. */
function checkUnchanged(): u32 {
  const errno = files.statPath(TARGET);
  if (errno == NOENT) return sawFile ? CHANGED : OK;
  if (errno != 0) return statusOf(errno);
  const isSame = sawFile && files.inode() == seenInode && files.modified() == seenModified && files.size() == seenSize;
  return isSame ? OK : CHANGED;
}

function findTarget(): u32 {
  yieldNothing();
  return followLinks();
}
