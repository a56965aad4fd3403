// Where the text of a document begins.
import { skipSpace } from "../json/bytes";
import { clearFailure } from "../json/failure";

/** Behind a byte order mark. */
export function skipByteOrderMark(start: usize, length: usize): usize {
  return length >= 3 && load<u16>(start) == 0xbbef && load<u8>(start, 2) == 0xbf ? start + 3 : start;
}

/** Behind white space as well. */
export function firstValue(start: usize, length: usize): usize {
  return skipSpace(skipByteOrderMark(start, length));
}

/** No bytes, or white space only. */
export function isEmptyDocument(start: usize, length: usize): bool {
  return firstValue(start, length) >= start + length;
}

/** Clears the guard behind a document and the failure before it; returns where the first value starts. */
export function beginScan(start: usize, length: usize): usize {
  clearFailure();
  store<u64>(start + length, 0);
  store<u64>(start + length, 0, 8);
  return firstValue(start, length);
}
