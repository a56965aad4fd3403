// The inside of a JSON string: finding its end, validating it. What text it stands for is string-text.ts's affair.
import { JSON_BAD_ESCAPE, JSON_BAD_STRING, JSON_BAD_UTF8 } from "../abi/status";
import { BACKSLASH, QUOTE } from "./bytes";
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
export function hexValue(byte: u8): u32 {
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
