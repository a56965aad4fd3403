// What a command has of its surroundings: arguments, two streams, an exit code.

import { allocate } from "../abi/arena";
import { writeAll } from "./files";

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_get")
declare function args_get(pointers: usize, bytes: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_sizes_get")
declare function args_sizes_get(count: usize, size: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(code: u32): void;

const STANDARD_OUTPUT: u32 = 1;
const STANDARD_ERROR: u32 = 2;
const SIZES: usize = memory.data(8, 4);

let pointers: usize = 0;

/** With the name of the program. */
export let argumentCount: u32 = 0;

/** Into the arena, which must not be emptied after that. */
export function readArguments(): void {
  if (args_sizes_get(SIZES, SIZES + 4) != 0) return;
  const count = load<u32>(SIZES);
  pointers = allocate(<usize>count * 4);
  const bytes = allocate(load<u32>(SIZES, 4));
  if (pointers != 0 && bytes != 0 && args_get(pointers, bytes) == 0) argumentCount = count;
}

export function argument(index: u32): usize {
  return load<u32>(pointers + <usize>index * 4);
}

export function lengthOfArgument(index: u32): usize {
  const start = argument(index);
  let end = start;
  while (load<u8>(end) != 0) end += 1;
  return end - start;
}

/** ASCII. */
export function argumentIs(index: u32, text: string): bool {
  const length = text.length;
  if (lengthOfArgument(index) != <usize>length) return false;
  for (let at = 0; at < length; at++) {
    if (load<u8>(argument(index) + at) != load<u16>(changetype<usize>(text) + (<usize>at << 1))) return false;
  }
  return true;
}

/** False: not all of it arrived. */
export function print(pointer: usize, length: usize): bool {
  return writeAll(STANDARD_OUTPUT, pointer, length) == 0;
}

export function complain(pointer: usize, length: usize): void {
  writeAll(STANDARD_ERROR, pointer, length);
}

export function exit(code: u32): void {
  proc_exit(code);
}
