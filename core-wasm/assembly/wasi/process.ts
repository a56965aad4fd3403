// What a command has of its surroundings: arguments, two streams, an exit code.

import { allocate } from "../abi/arena";
import { transferred, writeAll, writeSome } from "./files";
import { AGAIN } from "./preview1";
import { sleep } from "./system";

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_get")
declare function args_get(pointers: usize, bytes: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "args_sizes_get")
declare function args_sizes_get(count: usize, size: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(code: u32): void;

/** Node.js makes standard output one that does not wait: a pipe is full after 64 KiB. */
const FULL_PIPE_US: u32 = 1000;
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

/** False: not all of it arrived. Whoever reads it is waited for. */
export function print(pointer: usize, length: usize): bool {
  while (length > 0) {
    const errno = writeSome(STANDARD_OUTPUT, pointer, length);
    if (errno == AGAIN) {
      sleep(FULL_PIPE_US);
      continue;
    }
    if (errno != 0) return false;
    pointer += transferred;
    length -= transferred;
  }
  return true;
}

export function complain(pointer: usize, length: usize): void {
  writeAll(STANDARD_ERROR, pointer, length);
}

export function exit(code: u32): void {
  proc_exit(code);
}
