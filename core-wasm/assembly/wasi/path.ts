// Paths in static memory: `u32` descriptor of the preopened folder, `u32` length, then the bytes, relative to that
// folder. They outlive the arena, and there are as many as one cache needs.

import { fd_prestat_dir_name, fd_prestat_get } from "./preview1";

/** As Linux has it. What is added to a location (".lockfile.lock", a random name) has room behind it. */
const LOCATION_MAX: usize = 4096;
const SUFFIX_MAX: usize = 128;
const HEADER: usize = 8;
const SIZE: usize = HEADER + LOCATION_MAX + SUFFIX_MAX;

/** The cache as it was named; its lock and what is set aside lie beside it. */
export const LOCATION: usize = memory.data(4232, 8);
/** What the location leads to when links are followed. */
export const TARGET: usize = memory.data(4232, 8);
export const LOCK_FILE: usize = memory.data(4232, 8);
export const LEASE: usize = memory.data(4232, 8);
/** A file that does not have its final name yet, or that was set aside. */
export const TEMPORARY: usize = memory.data(4232, 8);
/** What was set aside last. */
export const KEPT: usize = memory.data(4232, 8);
const NAME: usize = memory.data(4232, 8);

const SLASH: u32 = 0x2f;
const DOT: u32 = 0x2e;
const FIRST_PREOPENED: u32 = 3;

const PRESTAT: usize = memory.data(8, 4);

export function folderOf(path: usize): u32 {
  return load<u32>(path);
}

export function lengthOf(path: usize): usize {
  return load<u32>(path, 4);
}

// @ts-ignore: decorator
@inline
export function bytesOf(path: usize): usize {
  return path + HEADER;
}

export function copyPath(to: usize, from: usize): void {
  memory.copy(to, from, HEADER + lengthOf(from));
}

export function clearPath(path: usize): void {
  store<u32>(path, 0, 4);
}

/**
 * Room for what `append` adds to a path of the longest location is accounted for; a longer one
 * is cut off, and found nowhere.
 */
export function append(path: usize, pointer: usize, length: usize): void {
  const had = lengthOf(path);
  const room = SIZE - HEADER - had;
  const added = length < room ? length : room;
  memory.copy(bytesOf(path) + had, pointer, added);
  store<u32>(path, <u32>(had + added), 4);
}

/** ASCII. */
export function appendText(path: usize, text: string): void {
  for (let index = 0, length = text.length; index < length; ++index) {
    appendByte(path, load<u16>(changetype<usize>(text) + (<usize>index << 1)));
  }
}

export function appendByte(path: usize, byte: u32): void {
  const had = lengthOf(path);
  if (had >= SIZE - HEADER) return;
  store<u8>(bytesOf(path) + had, <u8>byte);
  store<u32>(path, <u32>(had + 1), 4);
}

export function appendDecimal(path: usize, value: u64): void {
  if (value >= 10) appendDecimal(path, value / 10);
  appendByte(path, 0x30 + <u32>(value % 10));
}

/** `digits` digits, with zeros in front. */
export function appendPadded(path: usize, value: u64, digits: u32): void {
  if (digits > 1) appendPadded(path, value / 10, digits - 1);
  appendByte(path, 0x30 + <u32>(value % 10));
}

export function appendHex(path: usize, value: u64, digits: u32): void {
  for (let shift = <i32>(digits - 1) * 4; shift >= 0; shift -= 4) {
    const digit = <u32>(value >> shift) & 15;
    appendByte(path, digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
}

/** Cuts everything behind the last slash: an empty path is the preopened folder itself. */
export function cutToFolder(path: usize): void {
  store<u32>(path, <u32>baseStart(path), 4);
}

/** Where the last component begins, counted from the first byte. */
export function baseStart(path: usize): usize {
  let at = lengthOf(path);
  while (at > 0 && load<u8>(bytesOf(path) + at - 1) != SLASH) at -= 1;
  return at;
}

/**
 * The path as whoever opened the folders knows it: `<the folder's name>/<relative path>`.
 * In `NAME` until the next call.
 */
export function fullPath(path: usize): usize {
  const fd = folderOf(path);
  store<u32>(NAME, fd);
  store<u32>(NAME, preopenedName(fd), 4);
  const length = lengthOf(NAME);
  if (length > 0 && load<u8>(bytesOf(NAME) + length - 1) != SLASH) appendByte(NAME, SLASH);
  append(NAME, bytesOf(path), lengthOf(path));
  return NAME;
}

/**
 * Finds the preopened folder that holds what is named (the one with the longest name) and writes the rest into `path`.
 * As in wasi-libc, a relative path also means one below "/". False: it lies in none of them.
 */
export function resolve(path: usize, pointer: usize, length: usize): bool {
  if (length == 0 || length > LOCATION_MAX || load<u8>(pointer + length - 1) == SLASH) return false;
  for (let at: usize = 0; at < length; at++) {
    if (load<u8>(pointer + at) == 0) return false;
  }
  const isAbsolute = load<u8>(pointer) == SLASH;
  const start = skipHere(pointer, pointer + length);
  const end = pointer + length;
  let longest: isize = -1;
  for (let fd = FIRST_PREOPENED; fd_prestat_get(fd, PRESTAT) == 0; fd++) {
    const nameLength = preopenedName(fd);
    const from = bytesOf(NAME);
    if (isAbsolute && (nameLength == 0 || load<u8>(from) != SLASH)) continue;
    const name = skipHere(from, from + nameLength);
    const rest = restBehind(start, end, name, trimSlashes(name, from + nameLength));
    if (rest == 0 || <isize>(rest - start) <= longest) continue;
    longest = rest - start;
    store<u32>(path, fd);
    store<u32>(path, <u32>(end - rest), 4);
    memory.copy(bytesOf(path), rest, end - rest);
  }
  return longest >= 0;
}

/** Its length; the name itself is in `NAME`. */
function preopenedName(fd: u32): u32 {
  if (fd_prestat_get(fd, PRESTAT) != 0) return 0;
  const length = load<u32>(PRESTAT, 4);
  if (<usize>length > LOCATION_MAX || fd_prestat_dir_name(fd, bytesOf(NAME), length) != 0) return 0;
  // Some engines count a final NUL.
  return length > 0 && load<u8>(bytesOf(NAME) + length - 1) == 0 ? length - 1 : length;
}

/** Skips "/", "./" and a final "." at the front. */
function skipHere(pointer: usize, end: usize): usize {
  while (pointer < end) {
    const byte = load<u8>(pointer);
    if (byte == SLASH) pointer += 1;
    else if (byte == DOT && (pointer + 1 == end || load<u8>(pointer + 1) == SLASH)) pointer += 1;
    else break;
  }
  return pointer;
}

function trimSlashes(pointer: usize, end: usize): usize {
  while (end > pointer && load<u8>(end - 1) == SLASH) end -= 1;
  return end;
}

/** What of [start, end) lies below the folder [name, nameEnd); 0: it does not, or it is that folder. */
function restBehind(start: usize, end: usize, name: usize, nameEnd: usize): usize {
  const length = nameEnd - name;
  if (length == 0) return start < end ? start : 0;
  if (end - start <= length || load<u8>(start + length) != SLASH) return 0;
  if (memory.compare(start, name, length) != 0) return 0;
  const rest = skipHere(start + length, end);
  return rest < end ? rest : 0;
}
