// The text that the inside of a valid JSON string stands for: decoded, compared, hashed.
import { allocate, mark, releaseTo } from "../abi/arena";
import { BACKSLASH, equalBytes, hashBytes } from "./bytes";
import { hasEscape, hexValue } from "./strings";

function readHex(address: usize): u32 {
  return (
    (hexValue(load<u8>(address)) << 12) |
    (hexValue(load<u8>(address, 1)) << 8) |
    (hexValue(load<u8>(address, 2)) << 4) |
    hexValue(load<u8>(address, 3))
  );
}

function decodeSimple(kind: u8): u32 {
  if (kind == 0x62) return 0x08;
  if (kind == 0x66) return 0x0c;
  if (kind == 0x6e) return 0x0a;
  if (kind == 0x72) return 0x0d;
  if (kind == 0x74) return 0x09;
  return kind;
}

function encodeTo(target: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(target, <u8>code);
    return target + 1;
  }
  if (code < 0x800) {
    store<u8>(target, <u8>(0xc0 | (code >> 6)));
    store<u8>(target, <u8>(0x80 | (code & 63)), 1);
    return target + 2;
  }
  if (code < 0x10000) {
    store<u8>(target, <u8>(0xe0 | (code >> 12)));
    store<u8>(target, <u8>(0x80 | ((code >> 6) & 63)), 1);
    store<u8>(target, <u8>(0x80 | (code & 63)), 2);
    return target + 3;
  }
  store<u8>(target, <u8>(0xf0 | (code >> 18)));
  store<u8>(target, <u8>(0x80 | ((code >> 12) & 63)), 1);
  store<u8>(target, <u8>(0x80 | ((code >> 6) & 63)), 2);
  store<u8>(target, <u8>(0x80 | (code & 63)), 3);
  return target + 4;
}

/** Where the string decoded last begins; it ends where `decodeString` says. 0 when memory could not grow. */
export let decodedStart: usize = 0;

/**
 * Decodes the inside of a valid string into the arena and returns the end. A lone surrogate becomes the three bytes
 * UTF-8 would give it (WTF-8): different strings stay different, which is all that comparing needs.
 */
// @ts-ignore: decorator
@cold
export function decodeString(start: usize, end: usize): usize {
  // No escape is longer decoded than written.
  decodedStart = allocate(end - start);
  let target = decodedStart;
  if (!target) return 0;
  while (start < end) {
    const byte = load<u8>(start);
    if (byte != BACKSLASH) {
      store<u8>(target++, byte);
      ++start;
    } else if (load<u8>(start, 1) != 0x75) {
      target = encodeTo(target, decodeSimple(load<u8>(start, 1)));
      start += 2;
    } else {
      let code = readHex(start + 2);
      start += 6;
      if ((code & 0xfc00) == 0xd800 && start + 6 <= end && load<u16>(start) == 0x755c) {
        const low = readHex(start + 2);
        if ((low & 0xfc00) == 0xdc00) {
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
          start += 6;
        }
      }
      target = encodeTo(target, code);
    }
  }
  return target;
}

/** Do the insides of two valid strings decode to the same text? */
// @ts-ignore: decorator
@cold
export function equalStrings(left: usize, leftEnd: usize, right: usize, rightEnd: usize): bool {
  const length = leftEnd - left;
  if (length == rightEnd - right && equalBytes(left, right, length)) return true;
  if (!hasEscape(left, leftEnd) && !hasEscape(right, rightEnd)) return false;
  const leftDecodedEnd = decodeString(left, leftEnd);
  const leftDecoded = decodedStart;
  const rightDecodedEnd = decodeString(right, rightEnd);
  if (!leftDecodedEnd || !rightDecodedEnd) return false;
  const decodedLength = leftDecodedEnd - leftDecoded;
  return decodedLength == rightDecodedEnd - decodedStart && equalBytes(leftDecoded, decodedStart, decodedLength);
}

/** Does the inside of a valid string stand for this decoded text? */
export function standsFor(start: usize, end: usize, escaped: bool, text: usize, textEnd: usize): bool {
  const length = textEnd - text;
  if (!escaped) return end - start == length && equalBytes(start, text, length);
  if (end - start <= length) return false; // every escape is longer than what it stands for
  const position = mark();
  const decodedEnd = decodeString(start, end);
  const equal = decodedEnd != 0 && decodedEnd - decodedStart == length && equalBytes(decodedStart, text, length);
  releaseTo(position);
  return equal;
}

/** A hash of the text a valid string stands for, whatever its spelling. */
export function hashString(start: usize, end: usize, escaped: bool): u32 {
  if (!escaped) return hashBytes(start, end);
  const decodedEnd = decodeString(start, end);
  return decodedEnd ? hashBytes(decodedStart, decodedEnd) : 0;
}

/** Does the inside of a valid string stand for `literal` (ASCII)? */
export function stringIs(start: usize, end: usize, literal: string): bool {
  if (plainStringIs(start, end, literal)) return true;
  if (end - start <= <usize>literal.length || !hasEscape(start, end)) return false;
  const decodedEnd = decodeString(start, end);
  return decodedEnd != 0 && plainStringIs(decodedStart, decodedEnd, literal);
}

/** The same for a string known to have no escape. */
export function plainStringIs(start: usize, end: usize, literal: string): bool {
  const length = <usize>literal.length;
  if (end - start != length) return false;
  for (let index: usize = 0; index < length; ++index) {
    if (load<u8>(start + index) != <u8>load<u16>(changetype<usize>(literal) + (index << 1))) return false;
  }
  return true;
}
