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

function skipSpaceRun(address: usize): usize {
  if (ASC_FEATURE_SIMD) {
    // Indentation comes in runs of blanks: 16 at a time.
    while (!v128.any_true(v128.xor(v128.load(address), i8x16.splat(0x20)))) address += 16;
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

/** Are the two runs of `length` bytes the same? */
export function equalBytes(left: usize, right: usize, length: usize): bool {
  const end = left + length;
  if (ASC_FEATURE_SIMD) {
    while (left + 64 <= end) {
      const first = v128.or(difference(left, right), difference(left + 16, right + 16));
      const second = v128.or(difference(left + 32, right + 32), difference(left + 48, right + 48));
      if (v128.any_true(v128.or(first, second))) return false;
      left += 64;
      right += 64;
    }
    while (left + 16 <= end) {
      if (v128.any_true(difference(left, right))) return false;
      left += 16;
      right += 16;
    }
  }
  while (left + 8 <= end) {
    if (load<u64>(left) != load<u64>(right)) return false;
    left += 8;
    right += 8;
  }
  while (left < end) {
    if (load<u8>(left) != load<u8>(right)) return false;
    ++left;
    ++right;
  }
  return true;
}

/**
 * Eight bytes a step, keyed by a seed that the host draws at random: whoever writes the cache cannot choose keys that
 * collide, so no document makes a table quadratic.
 */
export function hashBytes(start: usize, end: usize): u32 {
  let hash: u64 = hashSeed ^ <u64>(end - start);
  while (start + 8 <= end) {
    hash = (hash ^ load<u64>(start)) * 0x9fb21c651e98df25;
    hash ^= hash >> 32;
    start += 8;
  }
  const rest = <u64>(end - start);
  if (rest) {
    hash = (hash ^ (load<u64>(start) & ((<u64>1 << (rest << 3)) - 1))) * 0x9fb21c651e98df25;
    hash ^= hash >> 32;
  }
  hash *= 0xd6e8feb86659fd93;
  return <u32>(hash ^ (hash >> 32));
}
