// Time, chance and sleep.

import { clock_time_get, poll_oneoff, random_get } from "./preview1";

const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
/** A subscription to a clock: tag 0 at 8, clock at 16, timeout at 24, relative. */
const SUBSCRIPTION: usize = memory.data(48, 8);
const EVENT: usize = memory.data(32, 8);
const OCCURRED: usize = memory.data(4, 4);
const WORD: usize = memory.data(8, 8);

/** Nanoseconds since the epoch. */
export function now(): u64 {
  return clock_time_get(REALTIME, 1, WORD) == 0 ? load<u64>(WORD) : 0;
}

export function randomBits(): u64 {
  return random_get(WORD, 8) == 0 ? load<u64>(WORD) : now();
}

export function sleep(microseconds: u32): void {
  memory.fill(SUBSCRIPTION, 0, 48);
  store<u32>(SUBSCRIPTION, MONOTONIC, 16);
  store<u64>(SUBSCRIPTION, <u64>microseconds * 1000, 24);
  poll_oneoff(SUBSCRIPTION, EVENT, 1, OCCURRED);
}
