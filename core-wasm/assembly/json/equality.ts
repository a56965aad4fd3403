// Equality of two valid JSON values (docs/merge.md, "Equality"): members in any order, white space, escapes and number
// forms aside. Linear: a pass over tokens first, which decides nearly always; tables of members only where that fails.
import { mark, releaseTo } from "../abi/arena";
import { CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE, equalBytes, isDigit, skipSpace } from "./bytes";
import { Member, Members, findMember, readMembers } from "./members";
import { equalNumbers } from "./numbers";
import { endOfValue, scanColon } from "./scanner";
import { decodeString, decodedStart, equalStrings, standsFor } from "./string-text";
import { endOfString, hasEscape, passedEscape } from "./strings";
import { matchString } from "./twin";

export function equalValues(left: usize, leftEnd: usize, right: usize, rightEnd: usize): bool {
  const length = leftEnd - left;
  if (length == rightEnd - right && equalBytes(left, right, length)) return true;
  // The same byte behind the brace: probably the same formatting, and then the first difference tells.
  const alike = load<u8>(left) == OPEN_BRACE && load<u16>(left) == load<u16>(right);
  if (alike && differPlainly(left, right)) return false;
  const position = mark();
  const equal = equalTokens(left, leftEnd, right, rightEnd) || equalStructure(left, leftEnd, right, rightEnd);
  if (mark() != position) releaseTo(position);
  return equal;
}

// @ts-ignore: decorator
@inline
function isNumberStart(byte: u8): bool {
  return isDigit(byte) || byte == 0x2d;
}

/** Are the two the same sequence of tokens? White space and the spelling of a token do not count. */
// @ts-ignore: decorator
@cold
function equalTokens(left: usize, leftEnd: usize, right: usize, rightEnd: usize): bool {
  while (true) {
    left = skipSpace(left);
    right = skipSpace(right);
    if (left >= leftEnd || right >= rightEnd) return left >= leftEnd && right >= rightEnd;
    const byte = load<u8>(left);
    if (byte == QUOTE) {
      if (load<u8>(right) != QUOTE) return false;
      // The same spelling is by far the most likely.
      const end = matchString(left + 1, right + 1);
      if (end) {
        right += end - left;
        left = end;
      } else {
        const leftClose = endOfString(left + 1);
        const rightClose = endOfString(right + 1);
        if (!equalStrings(left + 1, leftClose, right + 1, rightClose)) return false;
        left = leftClose + 1;
        right = rightClose + 1;
      }
    } else if (isNumberStart(byte)) {
      if (!isNumberStart(load<u8>(right))) return false;
      const leftNumberEnd = endOfValue(left);
      const rightNumberEnd = endOfValue(right);
      if (!equalNumbers(left, leftNumberEnd, right, rightNumberEnd)) return false;
      left = leftNumberEnd;
      right = rightNumberEnd;
    } else {
      if (byte != load<u8>(right)) return false;
      ++left;
      ++right;
    }
  }
}

// @ts-ignore: decorator
@cold
function equalStructure(left: usize, leftEnd: usize, right: usize, rightEnd: usize): bool {
  const kind = load<u8>(left);
  const otherKind = load<u8>(right);
  if (kind == OPEN_BRACE) return otherKind == OPEN_BRACE && equalObjects(left, right);
  if (kind == OPEN_BRACKET) return otherKind == OPEN_BRACKET && equalArrays(left, right);
  if (kind == QUOTE) return otherKind == QUOTE && equalStrings(left + 1, leftEnd - 1, right + 1, rightEnd - 1);
  if (isNumberStart(kind)) return isNumberStart(otherKind) && equalNumbers(left, leftEnd, right, rightEnd);
  return kind == otherKind;
}

/** One level down: bytes first, then structure (never tokens again: that would cost a pass for every level). */
function equalInside(left: usize, leftEnd: usize, right: usize, rightEnd: usize): bool {
  const length = leftEnd - left;
  if (length == rightEnd - right && equalBytes(left, right, length)) return true;
  return equalStructure(left, leftEnd, right, rightEnd);
}

function isContainer(byte: u8): bool {
  return byte == OPEN_BRACE || byte == OPEN_BRACKET;
}

/**
 * Walks two objects side by side as long as they have the same members with the same bytes. Where that stops at one
 * name with two different scalars, and neither object repeats the name later, they differ: a renewed token is told from
 * the old one without a table (measured: 2 µs an entity saved).
 */
function differPlainly(left: usize, right: usize): bool {
  left = skipSpace(left + 1);
  right = skipSpace(right + 1);
  while (load<u8>(left) == QUOTE && load<u8>(right) == QUOTE) {
    const nameEnd = matchString(left + 1, right + 1);
    if (!nameEnd) return false;
    const rightNameEnd = nameEnd + (right - left);
    const leftValue = scanColon(nameEnd, nameEnd + 1);
    const rightValue = scanColon(rightNameEnd, rightNameEnd + 1);
    const leftEnd = endOfValue(leftValue);
    const isLeftEscaped = passedEscape;
    const rightEnd = endOfValue(rightValue);
    const escaped = isLeftEscaped || passedEscape;
    if (leftEnd - leftValue != rightEnd - rightValue || !equalBytes(leftValue, rightValue, leftEnd - leftValue)) {
      if (isContainer(load<u8>(leftValue)) || isContainer(load<u8>(rightValue))) return false;
      const arePlain = load<u8>(leftValue) == QUOTE && load<u8>(rightValue) == QUOTE && !escaped;
      if (!arePlain && equalStructure(leftValue, leftEnd, rightValue, rightEnd)) return false;
      return !isRepeated(left + 1, nameEnd - 1, leftEnd) && !isRepeated(left + 1, nameEnd - 1, rightEnd);
    }
    left = skipComma(leftEnd);
    right = skipComma(rightEnd);
  }
  return false;
}

/**
 * Does the object have a member of this name behind `valueEnd`? The name is decoded once: it may be as long as half the
 * document, with as many members behind it.
 */
function isRepeated(nameStart: usize, nameEnd: usize, valueEnd: usize): bool {
  if (!hasEscape(nameStart, nameEnd)) return isNameBehind(nameStart, nameEnd, valueEnd);
  const position = mark();
  const decodedEnd = decodeString(nameStart, nameEnd);
  // Without memory nothing is known, and tables, which need some too, decide.
  const repeated = decodedEnd == 0 || isNameBehind(decodedStart, decodedEnd, valueEnd);
  releaseTo(position);
  return repeated;
}

function isNameBehind(name: usize, nameEnd: usize, valueEnd: usize): bool {
  let address = skipComma(valueEnd);
  while (load<u8>(address) == QUOTE) {
    const end = endOfString(address + 1);
    if (standsFor(address + 1, end, passedEscape, name, nameEnd)) return true;
    address = skipComma(endOfValue(scanColon(end + 1, end + 2)));
  }
  return false;
}

function skipComma(address: usize): usize {
  address = skipSpace(address);
  return load<u8>(address) == COMMA ? skipSpace(address + 1) : address;
}

function equalObjects(left: usize, right: usize): bool {
  if (differPlainly(left, right)) return false;
  const position = mark();
  const leftMembers = readMembers(left);
  const rightMembers = readMembers(right);
  let equal = false;
  if (leftMembers && rightMembers) {
    equal = leftMembers.count == rightMembers.count && equalMembers(leftMembers, rightMembers);
  }
  releaseTo(position);
  return equal;
}

function equalMembers(left: Members, right: Members): bool {
  for (let address = left.first; address; address = changetype<Member>(address).next) {
    const member = changetype<Member>(address);
    const twin = findMember(right, member);
    if (!twin || !equalInside(member.valueStart, member.valueEnd, twin.valueStart, twin.valueEnd)) return false;
  }
  return true;
}

function equalArrays(left: usize, right: usize): bool {
  left = skipSpace(left + 1);
  right = skipSpace(right + 1);
  while (load<u8>(left) != CLOSE_BRACKET && load<u8>(right) != CLOSE_BRACKET) {
    const leftEnd = endOfValue(left);
    const rightEnd = endOfValue(right);
    if (!equalInside(left, leftEnd, right, rightEnd)) return false;
    left = skipComma(leftEnd);
    right = skipComma(rightEnd);
  }
  return load<u8>(left) == CLOSE_BRACKET && load<u8>(right) == CLOSE_BRACKET;
}
