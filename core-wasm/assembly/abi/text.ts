// Writes JSON into one allocation of the arena, front to back: results, reports, log entries. The caller reserves room
// for the worst case first, so the writers need no check each.

import { scanSequence } from "../json/strings";
import { allocate, releaseTo } from "./arena";

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const SPACE: u32 = 0x20;
/** The most that one byte of a foreign text becomes: U+FFFD. */
export const QUOTED_MAX: usize = 3;

let start: usize = 0;
let cursor: usize = 0;

/** False: no memory, write nothing. */
export function beginText(capacity: usize): bool {
  start = allocate(capacity);
  cursor = start;
  return start != 0;
}

export function textPointer(): usize {
  return start;
}

export function textLength(): usize {
  return cursor - start;
}

export function discardText(): void {
  releaseTo(start);
}

// @ts-ignore: decorator
@inline
export function putByte(byte: u32): void {
  store<u8>(cursor++, <u8>byte);
}

export function putBytes(pointer: usize, length: usize): void {
  memory.copy(cursor, pointer, length);
  cursor += length;
}

/** The bytes from `start` up to `end`. */
export function putSpan(start: usize, end: usize): void {
  putBytes(start, end - start);
}

/** ASCII. */
// @ts-ignore: decorator
@cold
export function putText(text: string): void {
  for (let index = 0, length = text.length; index < length; ++index) {
    putByte(load<u16>(changetype<usize>(text) + (<usize>index << 1)));
  }
}

/** Eight lower-case digits. */
export function putHex(value: u32): void {
  for (let shift = 28; shift >= 0; shift -= 4) putHexDigit((value >> shift) & 15);
}

export function putUnsigned(value: u64): void {
  if (value >= 10) putUnsigned(value / 10);
  putByte(0x30 + <u32>(value % 10));
}

/**
 * A text that others have written, as the inside of a JSON string. It is shown in errors and logs: what is not UTF-8
 * becomes U+FFFD, and what controls a terminal or ends a line becomes a space.
 */
// @ts-ignore: decorator
@cold
export function putForeign(pointer: usize, length: usize): void {
  const end = pointer + length;
  while (pointer < end) {
    const byte = <u32>load<u8>(pointer);
    if (byte < 0x80) {
      putAscii(byte);
      pointer += 1;
    } else {
      const behind = scanSequence(pointer, end);
      if (behind == 0) putReplacement();
      else if (isControl(pointer, behind - pointer)) putByte(SPACE);
      else putSpan(pointer, behind);
      pointer = behind == 0 ? pointer + 1 : behind;
    }
  }
}

function putAscii(byte: u32): void {
  if (byte == QUOTE || byte == BACKSLASH) {
    putByte(BACKSLASH);
    putByte(byte);
  } else putByte(byte < 0x20 || byte == 0x7f ? SPACE : byte);
}

/** U+0080 to U+009F: one of them begins a command, as ESC [ does. U+2028 and U+2029 end a line. */
function isControl(pointer: usize, size: usize): bool {
  if (size == 2) return load<u8>(pointer) == 0xc2 && load<u8>(pointer, 1) < 0xa0;
  return size == 3 && load<u16>(pointer) == 0x80e2 && (load<u8>(pointer, 2) & 0xfe) == 0xa8;
}

function putHexDigit(value: u32): void {
  putByte(value < 10 ? 0x30 + value : 0x57 + value);
}

function putReplacement(): void {
  putByte(0xef);
  putByte(0xbf);
  putByte(0xbd);
}
