import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { pathOf } from "./paths.ts";
import type { Outcome } from "./workload.ts";

const FILE = pathOf("bench/results.json");

/** One workload as it was measured last. */
export interface Result extends Outcome {
  readonly title: string;
  readonly measuredOn: {
    readonly date: string;
    readonly node: string;
    readonly cpu: string;
    readonly cores: number;
  };
}

/** By the name of the workload. */
export type Results = Readonly<Record<string, Result>>;

export function readResults(): Results {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")) as Results) : {};
}

/** Three digits are more than any of these times repeats. */
function shortened(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}

export function writeResults(results: Results): void {
  writeFileSync(FILE, `${JSON.stringify(results, shortened, 2)}\n`);
}

export function here(): Result["measuredOn"] {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
  };
}
