import type { Clock } from "../core/capabilities.ts";

/** A timer that is to run longer ends at once. */
export const LONGEST_TIMER_MS = 0x7fffffff;

export function createClock(): Clock {
  return {
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    // Keys the core's hash tables, names temporary files, spreads waits: whoever writes a cache file must not
    // foresee it, nothing secret hangs on it. The system seeds it in every runtime; loading Web Crypto for it
    // took a fresh Node process 2 ms.
    random: Math.random,
  };
}
