// Writes the result into one allocation, front to back. The caller computes a size that is enough.
import { allocate } from "../abi/arena";

let start: usize = 0;
let cursor: usize = 0;

/** False when memory could not grow. */
export function beginWriting(capacity: usize): bool {
  start = allocate(capacity);
  cursor = start;
  return start != 0;
}

export function writtenStart(): usize {
  return start;
}

export function writtenLength(): usize {
  return cursor - start;
}

// @ts-ignore: decorator
@inline
export function writeByte(byte: u8): void {
  store<u8>(cursor++, byte);
}

export function writeSpan(from: usize, to: usize): void {
  memory.copy(cursor, from, to - from);
  cursor += to - from;
}

/** ASCII text. */
export function writeText(text: string): void {
  for (let index = 0, length = text.length; index < length; ++index) {
    writeByte(<u8>load<u16>(changetype<usize>(text) + (<usize>index << 1)));
  }
}

export function writeNumber(value: u32): void {
  let divisor: u32 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor; divisor /= 10) writeByte(<u8>(0x30 + ((value / divisor) % 10)));
}

export function writeHex(value: u32): void {
  for (let shift = 28; shift >= 0; shift -= 4) {
    const digit = (value >> shift) & 15;
    writeByte(<u8>(digit < 10 ? 0x30 + digit : 0x57 + digit));
  }
}
