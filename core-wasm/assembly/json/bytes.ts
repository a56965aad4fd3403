// Bytes and runs of bytes. Every document is followed by at least 16 zero bytes (abi/arena), so a loop that looks for
// something other than zero needs no bound, and whole blocks may be read over the end.
import { hashSeed } from "../abi/settings";

export const QUOTE: u8 = 0x22;
export const BACKSLASH: u8 = 0x5c;
export const OPEN_BRACE: u8 = 0x7b;
export const CLOSE_BRACE: u8 = 0x7d;
export const OPEN_BRACKET: u8 = 0x5b;
export const CLOSE_BRACKET: u8 = 0x5d;
export const COMMA: u8 = 0x2c;
export const COLON: u8 = 0x3a;

// @ts-ignore: decorator
@inline
function isSpace(byte: u8): bool {
  return byte <= 0x20 && (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09);
}

/** Which of 16 bytes are JSON white space: those that are what a table has for their lower four bits. */
// @ts-ignore: decorator
@inline
function spaces(block: v128): v128 {
  const table = i8x16(0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0x09, 0x0a, 0, 0, 0x0d, 0, 0);
  return i8x16.eq(block, i8x16.swizzle(table, v128.and(block, i8x16.splat(0x0f))));
}

// @ts-ignore: decorator
@cold
function skipSpaceRun(address: usize): usize {
  if (ASC_FEATURE_SIMD) {
    // Indentation is a line feed and a run of blanks: 16 at a time.
    while (true) {
      const others = ~i8x16.bitmask(spaces(v128.load(address))) & 0xffff;
      if (others) return address + <usize>ctz(others);
      address += 16;
    }
  }
  while (isSpace(load<u8>(address))) ++address;
  return address;
}

/** The first byte at or after `address` that is not JSON white space. */
// @ts-ignore: decorator
@inline
export function skipSpace(address: usize): usize {
  return load<u8>(address) > 0x20 ? address : skipSpaceRun(address);
}

// @ts-ignore: decorator
@inline
export function isDigit(byte: u8): bool {
  return <u32>byte - 0x30 < 10;
}

// @ts-ignore: decorator
@inline
function difference(left: usize, right: usize): v128 {
  return v128.xor(v128.load(left), v128.load(right));
}

/**
 * Are the two runs of `length` bytes the same? The last block of each size may overlap the one
 * before: no loop over single bytes.
 */
export function equalBytes(left: usize, right: usize, length: usize): bool {
  const end = left + length;
  if (ASC_FEATURE_SIMD) {
    if (length >= 16) return equalBlocks(left, right, end);
  }
  if (length < 8) return equalFew(left, right, end);
  const last = end - 8;
  const shift = right - left;
  while (left < last) {
    if (load<u64>(left) != load<u64>(left + shift)) return false;
    left += 8;
  }
  return load<u64>(last) == load<u64>(last + shift);
}

function equalFew(left: usize, right: usize, end: usize): bool {
  for (; left < end; ++left, ++right) {
    if (load<u8>(left) != load<u8>(right)) return false;
  }
  return true;
}

function equalBlocks(left: usize, right: usize, end: usize): bool {
  const shift = right - left;
  while (left + 64 <= end) {
    const first = v128.or(difference(left, left + shift), difference(left + 16, left + 16 + shift));
    const second = v128.or(difference(left + 32, left + 32 + shift), difference(left + 48, left + 48 + shift));
    if (v128.any_true(v128.or(first, second))) return false;
    left += 64;
  }
  const last = end - 16;
  while (left < last) {
    if (v128.any_true(difference(left, left + shift))) return false;
    left += 16;
  }
  return !v128.any_true(difference(last, last + shift));
}

/** How many of the first `length` bytes are the same. */
export function commonLength(left: usize, right: usize, length: usize): usize {
  const start = left;
  const end = left + length;
  const shift = right - left;
  if (ASC_FEATURE_SIMD) {
    while (left + 64 <= end) {
      const first = v128.or(difference(left, left + shift), difference(left + 16, left + 16 + shift));
      const second = v128.or(difference(left + 32, left + 32 + shift), difference(left + 48, left + 48 + shift));
      if (v128.any_true(v128.or(first, second))) break;
      left += 64;
    }
  }
  while (left + 8 <= end) {
    const word = load<u64>(left) ^ load<u64>(left + shift);
    if (word) return left - start + <usize>(ctz(word) >> 3);
    left += 8;
  }
  while (left < end && load<u8>(left) == load<u8>(left + shift)) ++left;
  return left - start;
}

const FIRST_FACTOR: u64 = 0x9fb21c651e98df25;
const SECOND_FACTOR: u64 = 0xd6e8feb86659fd93;

// @ts-ignore: decorator
@inline
function mix(hash: u64, word: u64, factor: u64): u64 {
  const product = (hash ^ word) * factor;
  return product ^ (product >> 32);
}

/**
 * Two lanes of eight bytes a step, keyed by a seed that the host draws at random: whoever writes the cache cannot
 * choose keys that collide, so no document makes a table quadratic. A product's low half knows nothing of the last
 * bytes of a word, so what is returned is folded once, not twice, which would leave that half; and the lanes are turned
 * against each other, or what two last words differ in at their ends would fall on the same eight bits.
 */
export function hashBytes(start: usize, end: usize): u32 {
  let first: u64 = hashSeed ^ <u64>(end - start);
  let second: u64 = ~hashSeed;
  while (start + 16 <= end) {
    first = mix(first, load<u64>(start), FIRST_FACTOR);
    second = mix(second, load<u64>(start, 8), SECOND_FACTOR);
    start += 16;
  }
  if (start + 8 <= end) {
    first = mix(first, load<u64>(start), FIRST_FACTOR);
    start += 8;
  }
  const rest = <u64>(end - start);
  if (rest) second = mix(second, load<u64>(start) & ((<u64>1 << (rest << 3)) - 1), SECOND_FACTOR);
  return <u32>mix(first, rotl<u64>(second, 24), SECOND_FACTOR);
}
