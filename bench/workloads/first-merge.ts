// The first merge of a fresh process: reading and compiling the module, one merge of five entities. Beside it what the
// runtime itself takes: a module of the same size that imports and exports nothing, read, compiled and instantiated.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FirstMergeTimes } from "../contenders/first-merge-times.ts";
import { createTriple } from "../documents.ts";
import { moduleOfSize } from "../empty-module.ts";
import { pathOf } from "../harness/paths.ts";
import type { Context, Measured, Outcome, Workload } from "../harness/workload.ts";
import { type Spread, spreadOf } from "../statistics.ts";

const PROGRAM = pathOf("dist/bench/contenders/first-merge-times.js");
const PROCESSES = 41;
const COLUMNS = { read: "read", compile: "compile", merge: "instantiate, merge", total: "total" } as const;

interface Times {
  readonly core: FirstMergeTimes[];
  readonly floor: FirstMergeTimes[];
}

function timesOf(...values: [what: "merge" | "floor", module: string, ...documents: string[]]): FirstMergeTimes {
  return JSON.parse(execFileSync(process.execPath, [PROGRAM, ...values], { encoding: "utf8" })) as FirstMergeTimes;
}

/** Each measured in a process of its own, the two in turn. */
function measure(progress: (text: string) => void, processes: number): Times {
  const core = createRequire(import.meta.url).resolve("msal-extensions/core.wasm");
  const folder = mkdtempSync(join(tmpdir(), "msal-extensions-bench-"));
  const floor = join(folder, "floor.wasm");
  writeFileSync(floor, moduleOfSize(readFileSync(core).length));
  const times: Times = { core: [], floor: [] };
  const { base, ours, theirs } = createTriple(5);
  try {
    for (let index = 0; index < processes; index += 1) {
      if (index % 10 === 0) progress(`process ${index + 1} of ${processes}`);
      times.core.push(timesOf("merge", core, base, ours, theirs));
      times.floor.push(timesOf("floor", floor));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return times;
}

function milliseconds({ median, low, high }: Spread): Spread {
  return { median: median / 1000, low: low / 1000, high: high / 1000 };
}

function cells(row: string, times: readonly FirstMergeTimes[]): Measured[] {
  return (Object.keys(COLUMNS) as Array<keyof FirstMergeTimes>).map((part) => {
    const value = milliseconds(spreadOf(times.map((time) => time[part])));
    return { row, column: COLUMNS[part], unit: "ms", value };
  });
}

/** Nothing is judged: what the system itself takes is the floor, and it is a time. */
async function run({ quick, progress }: Context): Promise<Outcome> {
  const { core, floor } = measure(progress, quick ? 1 : PROCESSES);
  const measured = [...cells("the core", core), ...cells("a module of its size that does nothing", floor)];
  return { measured, ratios: [] };
}

export const firstMerge: Workload = { name: "first merge", title: "The first merge of a fresh process, on Node", run };
