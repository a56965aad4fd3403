// The host's random numbers, made safe: whatever it returns ends up in range.

import { clockRandom } from "../abi/imports";

/** In [0, 1). */
export function randomFraction(): f64 {
  const value = clockRandom();
  return value >= 0 && value < 1 ? value : 0.5;
}

export function randomWord(): u32 {
  return <u32>(randomFraction() * 4294967295.0);
}
