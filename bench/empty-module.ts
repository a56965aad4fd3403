// A module that does nothing, as large as the core: what compiling and instantiating costs whatever is in it.
const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** Bytes of a function that are not its `nop`s: its size, no locals, the end. */
const FUNCTION_FRAME = 7;
const FUNCTION_BYTES = 200;
const NOP = 1;
const END = 0x0b;

/** Unsigned LEB128 padded to five bytes, so that lengths do not depend on values. */
function padded(value: number): number[] {
  return [0, 7, 14, 21].map((shift) => ((value >>> shift) & 0x7f) | 0x80).concat(value >>> 28);
}

function section(id: number, content: number[]): number[] {
  return [id, ...padded(content.length), ...content];
}

/** About `size` bytes: functions of 200 bytes each, about as many as the core has. */
export function moduleOfSize(size: number): Uint8Array {
  const count = Math.floor(size / (FUNCTION_BYTES + 1));
  const body = [...padded(FUNCTION_BYTES - 5), 0, ...new Array(FUNCTION_BYTES - FUNCTION_FRAME).fill(NOP), END];
  const types = section(1, [1, 0x60, 0, 0]);
  const functions = section(3, [...padded(count), ...new Array(count).fill(0)]);
  const code = section(10, [...padded(count), ...Array.from({ length: count }, () => body).flat()]);
  return Uint8Array.from([...HEADER, ...types, ...functions, ...code]);
}
