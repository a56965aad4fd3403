import type { Clock } from "../core/capabilities.ts";

/** 12 hexadecimal digits: a name that nobody else has. */
export function randomName(clock: Pick<Clock, "random">): string {
  return Math.floor(clock.random() * 2 ** 48)
    .toString(16)
    .padStart(12, "0");
}
