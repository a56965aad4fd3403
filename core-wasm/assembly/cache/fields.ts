// Reads single fields of an entity that is known to be valid. The last of several of one name counts.
import { mark, releaseTo } from "../abi/arena";
import { CLOSE_BRACE, OPEN_BRACE, QUOTE, isDigit, skipSpace } from "../json/bytes";
import { endOfValue, scanColon } from "../json/scanner";
import { decodeString, decodedStart, stringIs } from "../json/string-text";
import { endOfString, hasEscape } from "../json/strings";

/** The span of the field found last: start 0 when there is none. */
export let fieldStart: usize = 0;
export let fieldEnd: usize = 0;

/** Finds a field of the entity at `entity`. False when it has none, or when the entity is not an object. */
function findField(entity: usize, name: string): bool {
  fieldStart = 0;
  if (load<u8>(entity) != OPEN_BRACE) return false;
  const position = mark();
  let address = skipSpace(entity + 1);
  while (load<u8>(address) != CLOSE_BRACE) {
    const nameStart = address + 1;
    const nameEnd = endOfString(nameStart);
    const value = scanColon(nameEnd + 1, nameEnd + 2);
    const valueEnd = endOfValue(value);
    if (stringIs(nameStart, nameEnd, name)) {
      fieldStart = value;
      fieldEnd = valueEnd;
    }
    address = skipSpace(valueEnd);
    if (load<u8>(address) != CLOSE_BRACE) address = skipSpace(address + 1);
  }
  if (mark() != position) releaseTo(position);
  return fieldStart != 0;
}

/** Finds a field that is a string; the span is then its inside. */
export function findStringField(entity: usize, name: string): bool {
  if (!findField(entity, name) || load<u8>(fieldStart) != QUOTE) return false;
  ++fieldStart;
  --fieldEnd;
  return true;
}

const MAX_TIMESTAMP_DIGITS: usize = 15;

/** A timestamp (docs/merge.md): a string or number of 1 to 15 digits; -1 for anything else. */
export function timestampField(entity: usize, name: string): i64 {
  if (!findField(entity, name)) return -1;
  if (load<u8>(fieldStart) != QUOTE) return parseDigits(fieldStart, fieldEnd);
  const start = fieldStart + 1;
  const end = fieldEnd - 1;
  if (!hasEscape(start, end)) return parseDigits(start, end);
  const position = mark();
  const decodedEnd = decodeString(start, end);
  const value = decodedEnd ? parseDigits(decodedStart, decodedEnd) : -1;
  releaseTo(position);
  return value;
}

function parseDigits(start: usize, end: usize): i64 {
  const length = end - start;
  if (length == 0 || length > MAX_TIMESTAMP_DIGITS) return -1;
  let value: i64 = 0;
  for (let address = start; address < end; ++address) {
    const byte = load<u8>(address);
    if (!isDigit(byte)) return -1;
    value = value * 10 + (byte - 0x30);
  }
  return value;
}
