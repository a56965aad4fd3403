import { KNOWN_MISSES } from "../known-misses.ts";
import type { Least, Ratio } from "./workload.ts";

export const VERDICTS = ["met", "out of reach", "known miss", "missed", "not measured"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** A known miss is out of reach where the least that was measured beside it misses the goal, too. */
export function verdictOn({ id, value, goal, least }: Ratio): Verdict {
  if (!Number.isFinite(value)) return "not measured"; // NaN, which JSON makes null of
  if (reaches(value, goal)) return "met";
  const known = KNOWN_MISSES[id];
  if (known === undefined || !reaches(value, goal, known.limit)) return "missed";
  return isBeyond(least, goal) ? "out of reach" : "known miss";
}

function reaches(value: number, goal: Ratio["goal"], limit?: number): boolean {
  return "atLeast" in goal ? value >= (limit ?? goal.atLeast) : value <= (limit ?? goal.atMost);
}

function isBeyond(least: Least | undefined, goal: Ratio["goal"]): boolean {
  return least !== undefined && Number.isFinite(least.value) && !reaches(least.value, goal);
}
