import { KNOWN_MISSES } from "../known-misses.ts";
import type { Least, Ratio } from "./workload.ts";

export type Verdict = "met" | "out of reach" | "known miss" | "missed" | "not measured";

/** What misses a goal that the least misses, too, may be so many times as far from it as that. */
const BESIDE_LEAST = 1.5;

/** Judges by the goal; where not even the least reaches it, by the least; where that is known, by a limit. */
export function verdictOn({ id, value, goal, least }: Ratio): Verdict {
  if (!Number.isFinite(value)) return "not measured"; // NaN, which JSON makes null of
  if (reaches(value, goal)) return "met";
  if (isBeyond(least, goal)) return isNear(value, least, goal) ? "out of reach" : "missed";
  const known = KNOWN_MISSES[id];
  return known !== undefined && reaches(value, goal, known.limit) ? "known miss" : "missed";
}

function reaches(value: number, goal: Ratio["goal"], limit?: number): boolean {
  return "atLeast" in goal ? value >= (limit ?? goal.atLeast) : value <= (limit ?? goal.atMost);
}

/** Was the least measured, and does it miss the goal, too? */
function isBeyond(least: Least | undefined, goal: Ratio["goal"]): least is Least {
  return least !== undefined && Number.isFinite(least.value) && !reaches(least.value, goal);
}

function isNear(value: number, least: Least, goal: Ratio["goal"]): boolean {
  return "atLeast" in goal ? value >= least.value / BESIDE_LEAST : value <= least.value * BESIDE_LEAST;
}
