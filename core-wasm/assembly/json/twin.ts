// A value held against one that is known to be valid, token by token: where all tokens have the same bytes, white space
// between them aside, that is validation and proof of equality in one pass over both.
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  equalBytes,
  skipSpace,
} from "./bytes";
import { endOfValue } from "./scanner";
import { zeroBytes } from "./strings";

/**
 * Behind the value at `address`, if it has the tokens of the one from `known` to `knownEnd`; 0: it has not, as far as
 * this can tell. A document ends in zeros, which are no part of a token.
 */
// @ts-ignore: decorator
@cold
export function matchTokens(known: usize, knownEnd: usize, address: usize, end: usize): usize {
  while (known < knownEnd) {
    address = skipSpace(address);
    const byte = load<u8>(known);
    if (byte != load<u8>(address)) return 0;
    let tokenEnd = known + 1;
    if (byte == QUOTE) tokenEnd = matchString(known + 1, address + 1);
    else if (!isPunctuation(byte)) tokenEnd = matchScalar(known, address, end);
    if (!tokenEnd) return 0;
    address += tokenEnd - known;
    known = skipSpace(tokenEnd);
  }
  return address;
}

// @ts-ignore: decorator
@inline
function isPunctuation(byte: u8): bool {
  if (byte == COMMA || byte == COLON || byte == OPEN_BRACE || byte == CLOSE_BRACE) return true;
  return byte == OPEN_BRACKET || byte == CLOSE_BRACKET;
}

/** A number or a literal: what follows it in `known` is punctuation, so a longer one at `address` fails there. */
function matchScalar(known: usize, address: usize, end: usize): usize {
  const knownEnd = endOfValue(known);
  const length = knownEnd - known;
  return address + length <= end && equalBytes(known, address, length) ? knownEnd : 0;
}

// @ts-ignore: decorator
@inline
function endBytes(block: v128): v128 {
  return v128.or(i8x16.eq(block, i8x16.splat(QUOTE)), i8x16.eq(block, i8x16.splat(BACKSLASH)));
}

/** What is not alike, or may be the end, in 64 bytes. */
// @ts-ignore: decorator
@inline
function stopsInRun(known: usize, address: usize): v128 {
  const first = v128.load(known);
  const second = v128.load(known, 16);
  const third = v128.load(known, 32);
  const fourth = v128.load(known, 48);
  const differences = v128.or(
    v128.or(v128.xor(first, v128.load(address)), v128.xor(second, v128.load(address, 16))),
    v128.or(v128.xor(third, v128.load(address, 32)), v128.xor(fourth, v128.load(address, 48))),
  );
  return v128.or(
    differences,
    v128.or(v128.or(endBytes(first), endBytes(second)), v128.or(endBytes(third), endBytes(fourth))),
  );
}

/**
 * Behind the string of `known`, if the other is the same; 0: it is not. Both addresses are behind the opening quote.
 */
export function matchString(known: usize, address: usize): usize {
  const shift = address - known;
  while (true) {
    known = skipAlike(known, shift);
    const byte = load<u8>(known);
    if (byte != load<u8>(known + shift)) return 0;
    if (byte == QUOTE) return known + 1;
    // Else it is a backslash, and what it stands before is no end.
    if (load<u8>(known + 1) != load<u8>(known + 1 + shift)) return 0;
    known += 2;
  }
}

/** The first byte that differs, or is a quote or a backslash. */
// @ts-ignore: decorator
@inline
function skipAlike(known: usize, shift: usize): usize {
  if (ASC_FEATURE_SIMD) {
    while (true) {
      const block = v128.load(known);
      const stops = v128.or(i8x16.ne(block, v128.load(known + shift)), endBytes(block));
      if (v128.any_true(stops)) return known + ctz(i8x16.bitmask(stops));
      known += 16;
      while (!v128.any_true(stopsInRun(known, known + shift))) known += 64;
    }
  }
  while (true) {
    const word = load<u64>(known);
    const ends = zeroBytes(word ^ 0x2222222222222222) | zeroBytes(word ^ 0x5c5c5c5c5c5c5c5c);
    const stops = (word ^ load<u64>(known + shift)) | ends;
    if (stops) return known + <usize>(ctz(stops) >> 3);
    known += 8;
  }
}
