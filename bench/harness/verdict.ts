import { KNOWN_MISSES } from "../known-misses.ts";
import type { Ratio } from "./workload.ts";

export type Verdict = "met" | "known miss" | "missed" | "not measured";

function reaches(value: number, goal: Ratio["goal"], limit?: number): boolean {
  return "atLeast" in goal ? value >= (limit ?? goal.atLeast) : value <= (limit ?? goal.atMost);
}

export function verdictOn({ id, value, goal }: Ratio): Verdict {
  if (!Number.isFinite(value)) return "not measured"; // NaN, which JSON makes null of
  if (reaches(value, goal)) return "met";
  const known = KNOWN_MISSES[id];
  return known !== undefined && reaches(value, goal, known.limit) ? "known miss" : "missed";
}
