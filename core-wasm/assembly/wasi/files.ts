// Files by path and by descriptor. Every function returns an errno; what else it found is in the variables beside it.

import { bytesOf, copyPath, cutToFolder, folderOf, lengthOf } from "./path";
import * as preview1 from "./preview1";

const FOLLOW: u32 = 1;
const O_CREAT: u32 = 1;
const O_DIRECTORY: u32 = 2;
const O_EXCL: u32 = 4;
const RIGHT_READ: u64 = 1 << 1;
const RIGHT_SEEK: u64 = 1 << 2;
const RIGHT_SYNC: u64 = 1 << 4;
const RIGHT_TELL: u64 = 1 << 5;
const RIGHT_WRITE: u64 = 1 << 6;
const RIGHT_STAT: u64 = 1 << 21;
const RIGHT_SET_TIMES: u64 = 1 << 23;
const ACCESS_TIME: u32 = 1;
const MODIFICATION_TIME: u32 = 4;
const TYPE_REGULAR: u32 = 4;
const TYPE_LINK: u32 = 7;

const STATUS: usize = memory.data(64, 8);
const VECTOR: usize = memory.data(8, 4);
const RESULT: usize = memory.data(4, 4);
const FOLDER: usize = memory.data(4232, 8);
const HERE: usize = memory.data<u8>([0x2e]);

/** By the last `open…` or `createNew`. */
export let opened: u32 = 0;
/** By the last `readAt` or `writeSome`. */
export let transferred: usize = 0;

export function device(): u64 {
  return load<u64>(STATUS);
}

export function inode(): u64 {
  return load<u64>(STATUS, 8);
}

export function isLink(): bool {
  return load<u8>(STATUS, 16) == TYPE_LINK;
}

export function size(): u64 {
  return load<u64>(STATUS, 32);
}

/** Not a folder, a device or a pipe, which wasmtime calls unknown. */
export function isRegular(): bool {
  return load<u8>(STATUS, 16) == TYPE_REGULAR;
}

/** Nanoseconds since the epoch. */
export function modified(): u64 {
  return load<u64>(STATUS, 48);
}

/**
 * The same number for the same time as in hosts/shared/lock/lock-inspection.ts: both went through the same rounding.
 */
export function modifiedMilliseconds(): f64 {
  return <f64>modified() / 1e6;
}

/** Of what is at the path itself, be it a link. */
export function statPath(path: usize): u32 {
  return preview1.path_filestat_get(folderOf(path), 0, bytesOf(path), lengthOf(path), STATUS);
}

export function statOpen(fd: u32): u32 {
  return preview1.fd_filestat_get(fd, STATUS);
}

/**
 * Follows no link in the last place: nobody has a reason to make one, and who follows it
 * reads, or writes into, another file.
 */
export function openForReading(path: usize): u32 {
  return open(path, 0, RIGHT_READ | RIGHT_SEEK | RIGHT_TELL | RIGHT_STAT);
}

export function createNew(path: usize): u32 {
  return open(
    path,
    O_CREAT | O_EXCL,
    RIGHT_READ | RIGHT_WRITE | RIGHT_SEEK | RIGHT_TELL | RIGHT_SYNC | RIGHT_STAT | RIGHT_SET_TIMES,
  );
}

function open(path: usize, flags: u32, rights: u64): u32 {
  const errno = preview1.path_open(folderOf(path), 0, bytesOf(path), lengthOf(path), flags, rights, 0, 0, RESULT);
  if (errno == 0) opened = load<u32>(RESULT);
  return errno;
}

/** As `createNew`, with the folders that are missing. */
export function createNewWithFolders(path: usize): u32 {
  const errno = createNew(path);
  if (errno != preview1.NOENT) return errno;
  makeFolders(path);
  return createNew(path);
}

/** Whatever cannot be made will be missed by whoever wants to use it. */
function makeFolders(path: usize): void {
  const length = lengthOf(path);
  for (let at: usize = 1; at < length; at++) {
    if (load<u8>(bytesOf(path) + at) == 0x2f) preview1.path_create_directory(folderOf(path), bytesOf(path), at);
  }
}

/** Up to `length` bytes; fewer mean that the file ends there. */
export function readAt(fd: u32, pointer: usize, length: usize, offset: u64): u32 {
  transferred = 0;
  while (transferred < length) {
    const at = pointer + transferred;
    store<u32>(VECTOR, <u32>at);
    store<u32>(VECTOR, <u32>(length - transferred), 4);
    const errno = preview1.fd_pread(fd, VECTOR, 1, offset + transferred, RESULT);
    if (errno != 0) return errno;
    const count = <usize>load<u32>(RESULT);
    if (count == 0 || count > length - transferred) break;
    transferred += count;
  }
  return preview1.SUCCESS;
}

/** Some of it; `transferred` says how much. */
export function writeSome(fd: u32, pointer: usize, length: usize): u32 {
  store<u32>(VECTOR, <u32>pointer);
  store<u32>(VECTOR, <u32>length, 4);
  const errno = preview1.fd_write(fd, VECTOR, 1, RESULT);
  if (errno != 0) return errno;
  transferred = <usize>load<u32>(RESULT);
  return transferred == 0 || transferred > length ? preview1.IO : preview1.SUCCESS;
}

export function writeAll(fd: u32, pointer: usize, length: usize): u32 {
  while (length > 0) {
    const errno = writeSome(fd, pointer, length);
    if (errno != 0) return errno;
    pointer += transferred;
    length -= transferred;
  }
  return preview1.SUCCESS;
}

export function sync(fd: u32): u32 {
  return preview1.fd_sync(fd);
}

export function close(fd: u32): u32 {
  return preview1.fd_close(fd);
}

/** Was it? Some engines and file systems cannot sync a folder. */
export function syncFolderOf(path: usize): bool {
  copyPath(FOLDER, path);
  cutToFolder(FOLDER);
  const length = lengthOf(FOLDER);
  const name = length == 0 ? HERE : bytesOf(FOLDER);
  const rights = RIGHT_READ | RIGHT_SYNC;
  const folder = folderOf(FOLDER);
  const size = length == 0 ? 1 : length;
  if (preview1.path_open(folder, FOLLOW, name, size, O_DIRECTORY, rights, 0, 0, RESULT) != 0) return false;
  const fd = load<u32>(RESULT);
  const errno = preview1.fd_sync(fd);
  preview1.fd_close(fd);
  return errno == 0;
}

export function setTimesOpen(fd: u32, nanoseconds: u64): u32 {
  return preview1.fd_filestat_set_times(fd, nanoseconds, nanoseconds, ACCESS_TIME | MODIFICATION_TIME);
}

export function setTimes(path: usize, nanoseconds: u64): u32 {
  const flags = ACCESS_TIME | MODIFICATION_TIME;
  return preview1.path_filestat_set_times(
    folderOf(path),
    FOLLOW,
    bytesOf(path),
    lengthOf(path),
    nanoseconds,
    nanoseconds,
    flags,
  );
}

export function rename(from: usize, to: usize): u32 {
  return preview1.path_rename(
    folderOf(from),
    bytesOf(from),
    lengthOf(from),
    folderOf(to),
    bytesOf(to),
    lengthOf(to),
  );
}

export function link(existing: usize, path: usize): u32 {
  return preview1.path_link(
    folderOf(existing),
    0,
    bytesOf(existing),
    lengthOf(existing),
    folderOf(path),
    bytesOf(path),
    lengthOf(path),
  );
}

export function readLink(path: usize, buffer: usize, room: usize): u32 {
  const errno = preview1.path_readlink(folderOf(path), bytesOf(path), lengthOf(path), buffer, room, RESULT);
  transferred = errno == 0 ? <usize>load<u32>(RESULT) : 0;
  return errno;
}

export function unlink(path: usize): u32 {
  return preview1.path_unlink_file(folderOf(path), bytesOf(path), lengthOf(path));
}

export function makeFolder(path: usize): u32 {
  return preview1.path_create_directory(folderOf(path), bytesOf(path), lengthOf(path));
}

export function removeFolder(path: usize): u32 {
  return preview1.path_remove_directory(folderOf(path), bytesOf(path), lengthOf(path));
}
