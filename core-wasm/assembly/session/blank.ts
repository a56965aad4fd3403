// Content that is no document yet: no bytes, white space, or the NULs that some file systems leave where data was
// allocated and never written before a power cut.

import { skipByteOrderMark } from "../cache/document-start";

export function isBlank(pointer: usize, length: usize): bool {
  const end = pointer + length;
  pointer = skipByteOrderMark(pointer, length);
  while (pointer < end) {
    const byte = <u32>load<u8>(pointer);
    if (byte != 0 && byte != 0x20 && byte != 0x09 && byte != 0x0a && byte != 0x0d) return false;
    pointer += 1;
  }
  return true;
}
