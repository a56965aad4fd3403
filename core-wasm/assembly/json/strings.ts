// The inside of a JSON string: finding its end, validating it, decoding its escapes.
import { JSON_BAD_ESCAPE, JSON_BAD_STRING, JSON_BAD_UTF8 } from "../abi/status";
import { allocate, mark, releaseTo } from "../abi/arena";
import { BACKSLASH, QUOTE, equalBytes, hashBytes } from "./bytes";
import { fail } from "./failure";

const ONES: u64 = 0x0101010101010101;
const HIGH: u64 = 0x8080808080808080;

/** Did the string scanned last contain an escape? */
export let sawEscape: bool = false;

// @ts-ignore: decorator
@inline
export function zeroBytes(word: u64): u64 {
  return (word - ONES) & ~word & HIGH;
}

/** Which of 16 bytes a string cannot pass over. */
// @ts-ignore: decorator
@inline
function specialBytes(address: usize): v128 {
  const block = v128.load(address);
  return v128.or(
    i8x16.lt_s(block, i8x16.splat(0x20)),
    v128.or(i8x16.eq(block, i8x16.splat(QUOTE)), i8x16.eq(block, i8x16.splat(BACKSLASH))),
  );
}

/**
 * The same for 64 bytes at once: are there any? A quote with one bit changed is the byte behind the control characters,
 * so one comparison of the least bytes finds both and non-ASCII.
 */
// @ts-ignore: decorator
@inline
function specialInRun(address: usize): v128 {
  const bit = i8x16.splat(2);
  const backslash = i8x16.splat(BACKSLASH);
  const first = v128.load(address);
  const second = v128.load(address, 16);
  const third = v128.load(address, 32);
  const fourth = v128.load(address, 48);
  const least = i8x16.min_s(
    i8x16.min_s(v128.xor(first, bit), v128.xor(second, bit)),
    i8x16.min_s(v128.xor(third, bit), v128.xor(fourth, bit)),
  );
  const backslashes = v128.or(
    v128.or(i8x16.eq(first, backslash), i8x16.eq(second, backslash)),
    v128.or(i8x16.eq(third, backslash), i8x16.eq(fourth, backslash)),
  );
  return v128.or(backslashes, i8x16.lt_s(least, i8x16.splat(0x21)));
}

/**
 * The first byte at or after `address` that a string cannot pass over: quote, backslash, control character
 * or non-ASCII. A signed comparison with 0x20 flags the last two in one step. Stops at the zero bytes
 * behind a document at the latest.
 */
// @ts-ignore: decorator
@inline
export function skipPlain(address: usize): usize {
  if (ASC_FEATURE_SIMD) {
    while (true) {
      const special = specialBytes(address);
      if (v128.any_true(special)) return address + ctz(i8x16.bitmask(special));
      address += 16;
      // Runs of 64 plain bytes: one branch a run.
      while (!v128.any_true(specialInRun(address))) address += 64;
    }
  }
  while (true) {
    const word = load<u64>(address);
    // In each term the lowest flagged byte is exact; a borrow can only flag bytes above it.
    const special =
      ((word - 0x2020202020202020) & ~word & HIGH) |
      (word & HIGH) |
      zeroBytes(word ^ 0x2222222222222222) |
      zeroBytes(word ^ 0x5c5c5c5c5c5c5c5c);
    if (special) return address + <usize>(ctz(special) >> 3);
    address += 8;
  }
}

/** `address` is behind the opening quote. Returns the address of the closing one, or 0. */
export function scanString(address: usize, end: usize): usize {
  sawEscape = false;
  while (true) {
    address = skipPlain(address);
    const byte = load<u8>(address);
    if (byte == QUOTE) return address < end ? address : fail(JSON_BAD_STRING, address, end);
    if (byte == BACKSLASH) {
      sawEscape = true;
      address = scanEscape(address, end);
    } else if (byte < 0x20) {
      return fail(JSON_BAD_STRING, address, end);
    } else {
      address = scanSequence(address, end);
    }
    if (!address) return 0;
  }
}

// @ts-ignore: decorator
@cold
function scanEscape(address: usize, end: usize): usize {
  if (address >= end) return fail(JSON_BAD_ESCAPE, address, end);
  const kind = load<u8>(address, 1);
  if (kind == 0x75) return scanHexDigits(address + 2, end);
  const known =
    kind == QUOTE || kind == BACKSLASH || kind == 0x2f || kind == 0x62 || kind == 0x66 || kind == 0x6e || kind == 0x72 ||
    kind == 0x74;
  return known && address + 1 < end ? address + 2 : fail(JSON_BAD_ESCAPE, address + 1, end);
}

function scanHexDigits(address: usize, end: usize): usize {
  for (let last = address + 4; address < last; ++address) {
    if (address >= end || hexValue(load<u8>(address)) > 15) return fail(JSON_BAD_ESCAPE, address, end);
  }
  return address;
}

// @ts-ignore: decorator
@inline
function hexValue(byte: u8): u32 {
  const digit = <u32>byte - 0x30;
  if (digit < 10) return digit;
  const letter = (<u32>byte | 0x20) - 0x61;
  return letter < 6 ? letter + 10 : 16;
}

// @ts-ignore: decorator
@inline
function isContinuation(byte: u8): bool {
  return (byte & 0xc0) == 0x80;
}

/**
 * One multi-byte UTF-8 sequence (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF).
 * Returns the address behind it, or 0.
 */
// @ts-ignore: decorator
@cold
export function scanSequence(address: usize, end: usize): usize {
  if (address >= end) return fail(JSON_BAD_UTF8, address, end);
  const lead = load<u8>(address);
  const length = lengthOfSequence(lead);
  if (!length) return fail(JSON_BAD_UTF8, address, end);
  for (let index: usize = 1; index < length; ++index) {
    const byte = load<u8>(address + index);
    if (address + index >= end) return fail(JSON_BAD_UTF8, end, end);
    if (!isContinuation(byte) || (index == 1 && !isSecondByte(lead, byte))) return fail(JSON_BAD_UTF8, address, end);
  }
  return address + length;
}

function lengthOfSequence(lead: u8): usize {
  if (lead < 0xc2 || lead >= 0xf5) return 0;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function isSecondByte(lead: u8, byte: u8): bool {
  if (lead == 0xe0) return byte >= 0xa0;
  if (lead == 0xed) return byte < 0xa0;
  if (lead == 0xf0) return byte >= 0x90;
  if (lead == 0xf4) return byte < 0x90;
  return true;
}

/** Did the string that `endOfString` passed last contain an escape? */
export let passedEscape: bool = false;

/** The closing quote of a string known to be valid; `address` is behind the opening one. */
export function endOfString(address: usize): usize {
  passedEscape = false;
  while (true) {
    address = skipPlain(address);
    const byte = load<u8>(address);
    if (byte == QUOTE) return address;
    if (byte == BACKSLASH) passedEscape = true;
    address += byte == BACKSLASH ? 2 : 1;
  }
}

export function hasEscape(start: usize, end: usize): bool {
  while (start < end) {
    start = skipPlain(start);
    if (start < end && load<u8>(start) == BACKSLASH) return true;
    ++start;
  }
  return false;
}

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
