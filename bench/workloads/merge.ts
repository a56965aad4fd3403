import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { commandFor, type RuntimeName } from "../../spec-tests/processes/commands.ts";
import { pathOf } from "../harness/paths.ts";
import type { Context, Measured, Outcome, Ratio, Workload } from "../harness/workload.ts";
import type { MergeRow } from "../merge.ts";
import type { Spread } from "../statistics.ts";

const LABELS: Readonly<Record<RuntimeName, string>> = { node: "Node", deno: "Deno", bun: "Bun" };
const PROGRAM = pathOf("dist/bench/contenders/merge.js");
const SMALLEST = 5;
/** Of bytes in, bytes out, on Node. */
const GOALS: ReadonlyMap<number, number> = new Map([
  [5, 8],
  [50, 10],
  [500, 17],
  [5000, 13],
]);
const GOAL_ELSEWHERE = 3;

async function rowsOn(runtime: RuntimeName, quick: boolean): Promise<MergeRow[]> {
  const [program, ...options] = await commandFor(runtime);
  const sizes = quick ? [String(SMALLEST)] : [];
  const { stdout } = await promisify(execFile)(program, [...options, PROGRAM, ...sizes]);
  return JSON.parse(stdout) as MergeRow[];
}

function cells(runtime: RuntimeName, row: MergeRow): Measured[] {
  const name = `${LABELS[runtime]}, ${row.entities.toLocaleString("en")} entities`;
  const times = (own: Spread): number => row.msalNode.median / own.median;
  return [
    { row: name, column: "msal-node", unit: "µs", value: row.msalNode },
    { row: name, column: "bytes in, bytes out", unit: "µs", value: row.bytes },
    { row: name, column: "times as fast", unit: "×", value: times(row.bytes) },
    { row: name, column: "without SIMD", unit: "×", value: times(row.bytesPortable) },
    { row: name, column: "the core alone", unit: "×", value: times(row.core) },
  ];
}

function ratiosOf(runtime: RuntimeName, row: MergeRow): Ratio[] {
  const times = (own: Spread): number => row.msalNode.median / own.median;
  const atLeast = runtime === "node" ? (GOALS.get(row.entities) ?? GOAL_ELSEWHERE) : GOAL_ELSEWHERE;
  const where = `${row.entities.toLocaleString("en")} entities, ${LABELS[runtime]}`;
  const ratios = [
    {
      id: `merge ${row.entities} ${runtime}`,
      what: `${where}: times as fast as msal-node`,
      value: times(row.bytes),
      goal: { atLeast },
    },
  ];
  if (runtime !== "node") return ratios;
  const portable = {
    id: `merge ${row.entities} portable`,
    what: `${where}, without SIMD`,
    value: times(row.bytesPortable),
    goal: { atLeast: GOAL_ELSEWHERE },
  };
  return [...ratios, portable];
}

async function run({ quick, progress }: Context): Promise<Outcome> {
  const measured: Measured[] = [];
  const ratios: Ratio[] = [];
  for (const runtime of ["node", "deno", "bun"] as const) {
    progress(LABELS[runtime]);
    for (const row of await rowsOn(runtime, quick)) {
      measured.push(...cells(runtime, row));
      ratios.push(...ratiosOf(runtime, row));
    }
  }
  return { measured, ratios };
}

export const merge: Workload = {
  name: "merge",
  title: "Three-way merge, against msal-node's deserialize and serialize",
  run,
};
