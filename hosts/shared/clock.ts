import type { Clock } from "./capabilities.ts";

export function createClock(): Clock {
  return {
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random() {
      // Seeds the core's hash tables as well as its jitter, so it must not be predictable.
      const [low, high] = crypto.getRandomValues(new Uint32Array(2));
      return ((high! & 0x1fffff) * 0x1_0000_0000 + low!) / 2 ** 53;
    },
  };
}
