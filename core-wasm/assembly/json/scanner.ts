// Validates JSON once and yields spans; never materialises a value. Accepts what JSON.parse of a fatal UTF-8 decode
// accepts, to a depth of 64.
import { JSON_BAD_NUMBER, JSON_TOO_DEEP } from "../abi/status";
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  isDigit,
  skipSpace,
} from "./bytes";
import { fail, failUnexpected } from "./failure";
import { endOfString, scanString } from "./strings";

const MAX_DEPTH: u32 = 64;

/** Scans one value that starts at `address`, inside `depth` open containers. Returns the address behind it, or 0. */
export function scanValue(address: usize, end: usize, depth: u32): usize {
  const byte = load<u8>(address);
  if (byte == QUOTE) return scanStringValue(address, end);
  if (byte == OPEN_BRACE) return scanObject(address, end, depth + 1);
  if (byte == OPEN_BRACKET) return scanArray(address, end, depth + 1);
  if (isDigit(byte) || byte == 0x2d) return scanNumber(address, end);
  if (byte == 0x74) return scanLiteral(address, end, "true");
  if (byte == 0x66) return scanLiteral(address, end, "false");
  if (byte == 0x6e) return scanLiteral(address, end, "null");
  return failUnexpected(address, end);
}

function scanObject(address: usize, end: usize, depth: u32): usize {
  if (depth > MAX_DEPTH) return fail(JSON_TOO_DEEP, address, end);
  address = skipSpace(address + 1);
  if (load<u8>(address) == CLOSE_BRACE) return address + 1;
  while (true) {
    address = scanName(address, end);
    if (!address) return 0;
    // Nearly every field of an entity is a string.
    address = load<u8>(address) == QUOTE ? scanStringValue(address, end) : scanValue(address, end, depth);
    if (!address) return 0;
    address = skipSpace(address);
    const byte = load<u8>(address);
    if (byte == COMMA) {
      address = skipSpace(address + 1);
      continue;
    }
    return byte == CLOSE_BRACE ? address + 1 : failUnexpected(address, end);
  }
}

// @ts-ignore: decorator
@inline
export function scanStringValue(address: usize, end: usize): usize {
  const close = scanString(address + 1, end);
  return close ? close + 1 : 0;
}

/** `"name" :` and the white space around; returns where the value starts. */
function scanName(address: usize, end: usize): usize {
  if (load<u8>(address) != QUOTE) return failUnexpected(address, end);
  const close = scanString(address + 1, end);
  return close ? scanColon(close + 1, end) : 0;
}

/** White space, a colon, white space; returns what is behind. */
// @ts-ignore: decorator
@inline
export function scanColon(address: usize, end: usize): usize {
  const isPlain = load<u8>(address) == COLON && load<u8>(address, 1) > 0x20;
  return isPlain ? address + 1 : scanSpacedColon(address, end);
}

// @ts-ignore: decorator
@cold
function scanSpacedColon(address: usize, end: usize): usize {
  address = skipSpace(address);
  return load<u8>(address) == COLON ? skipSpace(address + 1) : failUnexpected(address, end);
}

function scanArray(address: usize, end: usize, depth: u32): usize {
  if (depth > MAX_DEPTH) return fail(JSON_TOO_DEEP, address, end);
  address = skipSpace(address + 1);
  if (load<u8>(address) == CLOSE_BRACKET) return address + 1;
  while (true) {
    address = scanValue(address, end, depth);
    if (!address) return 0;
    address = skipSpace(address);
    const byte = load<u8>(address);
    if (byte == CLOSE_BRACKET) return address + 1;
    if (byte != COMMA) return failUnexpected(address, end);
    address = skipSpace(address + 1);
  }
}

function scanLiteral(address: usize, end: usize, literal: string): usize {
  const length = <usize>literal.length;
  for (let index: usize = 0; index < length; ++index) {
    const expected = <u8>load<u16>(changetype<usize>(literal) + (index << 1));
    if (load<u8>(address + index) != expected) return failUnexpected(address + index, end);
  }
  return address + length;
}

function scanDigits(address: usize, end: usize): usize {
  if (!isDigit(load<u8>(address))) return fail(JSON_BAD_NUMBER, address, end);
  while (isDigit(load<u8>(address))) ++address;
  return address;
}

function scanNumber(address: usize, end: usize): usize {
  if (load<u8>(address) == 0x2d) ++address;
  const leadingZero = load<u8>(address) == 0x30;
  if (leadingZero && isDigit(load<u8>(address, 1))) return fail(JSON_BAD_NUMBER, address + 1, end);
  address = scanDigits(address, end);
  if (address && load<u8>(address) == 0x2e) address = scanDigits(address + 1, end);
  if (address && (load<u8>(address) | 0x20) == 0x65) {
    ++address;
    const sign = load<u8>(address);
    if (sign == 0x2b || sign == 0x2d) ++address;
    address = scanDigits(address, end);
  }
  return address;
}

/** Behind a value known to be valid. */
export function endOfValue(address: usize): usize {
  const byte = load<u8>(address);
  if (byte == QUOTE) return endOfStringValue(address);
  if (byte != OPEN_BRACE && byte != OPEN_BRACKET) return endOfScalar(address);
  let depth: u32 = 0;
  while (true) {
    const next = load<u8>(address);
    if (next == QUOTE) {
      address = endOfStringValue(address);
      continue;
    }
    ++address;
    if (next == OPEN_BRACE || next == OPEN_BRACKET) ++depth;
    else if ((next == CLOSE_BRACE || next == CLOSE_BRACKET) && --depth == 0) return address;
  }
}

function endOfScalar(address: usize): usize {
  while (true) {
    const byte = load<u8>(address);
    if (byte <= 0x20 || byte == COMMA || byte == CLOSE_BRACE || byte == CLOSE_BRACKET) return address;
    ++address;
  }
}

// @ts-ignore: decorator
@inline
function endOfStringValue(address: usize): usize {
  return endOfString(address + 1) + 1;
}
