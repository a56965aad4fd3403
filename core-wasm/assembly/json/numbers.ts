// Equality of two valid JSON numbers as exact decimals: 1, 1.0 and 10e-1 are equal, -0 equals 0.
import { equalBytes, isDigit } from "./bytes";

/** Exponents longer than this are compared by spelling only (docs/merge.md). */
const MAX_EXPONENT_DIGITS: i32 = 9;

// The number parsed last: sign, the digits between the first and the last that is not zero, and the power of ten of the
// last of these.
let negative: bool = false;
let firstDigit: usize = 0;
let lastDigit: usize = 0;
let power: i64 = 0;
let comparable: bool = true;

function readExponent(address: usize, end: usize): i64 {
  let minus = false;
  if (load<u8>(address) == 0x2d || load<u8>(address) == 0x2b) {
    minus = load<u8>(address) == 0x2d;
    ++address;
  }
  if (<i32>(end - address) > MAX_EXPONENT_DIGITS) comparable = false;
  let value: i64 = 0;
  for (let left = MAX_EXPONENT_DIGITS; address < end && left > 0; ++address, --left) {
    value = value * 10 + (load<u8>(address) - 0x30);
  }
  return minus ? -value : value;
}

function parse(address: usize, end: usize): void {
  negative = load<u8>(address) == 0x2d;
  if (negative) ++address;
  comparable = true;
  firstDigit = 0;
  lastDigit = 0;
  power = 0;
  let fraction = false;
  let digitsBehindPoint: i64 = 0;
  let powerOfLast: i64 = 0;
  for (; address < end; ++address) {
    const byte = load<u8>(address);
    if (byte == 0x2e) {
      fraction = true;
      continue;
    }
    if (!isDigit(byte)) {
      power = readExponent(address + 1, end);
      break;
    }
    if (fraction) ++digitsBehindPoint;
    if (byte == 0x30) continue;
    if (!firstDigit) firstDigit = address;
    lastDigit = address;
    powerOfLast = -digitsBehindPoint;
  }
  if (powerOfLast == 0) powerOfLast = integerPowerOfLast(address);
  power += powerOfLast;
}

/** For a last digit before the point: how many integer digits follow it. */
function integerPowerOfLast(stop: usize): i64 {
  if (!lastDigit) return 0;
  let count: i64 = 0;
  for (let address = lastDigit + 1; address < stop && isDigit(load<u8>(address)); ++address) ++count;
  return count;
}

export function equalNumbers(left: usize, leftEnd: usize, right: usize, rightEnd: usize): bool {
  if (leftEnd - left == rightEnd - right && equalBytes(left, right, leftEnd - left)) return true;
  parse(left, leftEnd);
  const leftNegative = negative;
  const leftFirst = firstDigit;
  const leftLast = lastDigit;
  const leftPower = power;
  const leftComparable = comparable;
  parse(right, rightEnd);
  if (!leftComparable || !comparable) return false;
  if (!leftFirst || !firstDigit) return leftFirst == firstDigit;
  if (leftNegative != negative || leftPower != power) return false;
  return equalDigits(leftFirst, leftLast, firstDigit, lastDigit);
}

/** Compares two runs of digits, passing over a decimal point in either. */
function equalDigits(left: usize, leftLast: usize, right: usize, rightLast: usize): bool {
  while (left <= leftLast && right <= rightLast) {
    if (load<u8>(left) == 0x2e) ++left;
    if (load<u8>(right) == 0x2e) ++right;
    if (load<u8>(left++) != load<u8>(right++)) return false;
  }
  return left > leftLast && right > rightLast;
}
