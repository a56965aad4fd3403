import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { CoreFile } from "../../hosts/shared/core/core-module.ts";
import { commandFor, type RuntimeName } from "../../spec-tests/processes/commands.ts";
import type { MergeRow } from "../contenders/merge-times.ts";
import { pathOf } from "../harness/paths.ts";
import type { Context, Measured, Outcome, Ratio, Workload } from "../harness/workload.ts";
import type { Spread } from "../statistics.ts";

const LABELS: Readonly<Record<RuntimeName, string>> = { node: "Node", deno: "Deno", bun: "Bun" };
const PROGRAM = pathOf("dist/bench/contenders/merge-times.js");
/** Of bytes in, bytes out, on Node. */
const GOALS: ReadonlyMap<number, number> = new Map([
  [5, 8],
  [50, 10],
  [500, 17],
  [5000, 13],
]);
const GOAL_ELSEWHERE = 3;

/** One side is indented, at 50 entities and above; the slower of the two sides. */
const GOAL_INDENTED = { atLeast: 5 };
const MIN_INDENTED = 50;

async function rowsOn(runtime: RuntimeName, build: CoreFile, quick: boolean): Promise<MergeRow[]> {
  const [program, ...options] = await commandFor(runtime);
  const { stdout } = await promisify(execFile)(program, [...options, PROGRAM, build, ...(quick ? ["quick"] : [])]);
  return JSON.parse(stdout) as MergeRow[];
}

/** How many times as fast as msal-node. */
function speedsOf(row: MergeRow) {
  const times = (own: Spread, peer: Spread = row.msalNode): number => peer.median / own.median;
  return {
    bytes: times(row.bytes),
    core: times(row.core),
    oursIndented: times(row.oursIndented),
    storedIndented: times(row.storedIndented, row.msalNodeIndented),
  };
}

function cells(runtime: RuntimeName, row: MergeRow, portable: MergeRow): Measured[] {
  const name = `${LABELS[runtime]}, ${row.entities.toLocaleString("en")} entities`;
  const { bytes, core, oursIndented, storedIndented } = speedsOf(row);
  return [
    { row: name, column: "msal-node", unit: "µs", value: row.msalNode },
    { row: name, column: "bytes in, bytes out", unit: "µs", value: row.bytes },
    { row: name, column: "times as fast", unit: "×", value: bytes },
    { row: name, column: "without SIMD", unit: "×", value: speedsOf(portable).bytes },
    { row: name, column: "ours indented", unit: "×", value: oursIndented },
    { row: name, column: "stored indented", unit: "×", value: storedIndented },
    { row: name, column: "the core alone", unit: "×", value: core },
  ];
}

function ratiosOf(runtime: RuntimeName, row: MergeRow, portable: MergeRow): Ratio[] {
  const { bytes, oursIndented, storedIndented } = speedsOf(row);
  const where = `${row.entities.toLocaleString("en")} entities, ${LABELS[runtime]}`;
  const ratio = (what: string, text: string, value: number, goal: Ratio["goal"]): Ratio => ({
    id: `merge ${row.entities} ${what}`,
    what: `${where}${text}`,
    value,
    goal,
  });
  const text = ": times as fast as msal-node";
  if (runtime !== "node") return [ratio(runtime, text, bytes, { atLeast: GOAL_ELSEWHERE })];
  const ratios = [
    ratio("node", text, bytes, { atLeast: GOALS.get(row.entities) ?? GOAL_ELSEWHERE }),
    ratio("portable", ", without SIMD", speedsOf(portable).bytes, { atLeast: GOAL_ELSEWHERE }),
  ];
  if (row.entities < MIN_INDENTED) return ratios;
  const slower = Math.min(oursIndented, storedIndented);
  return [...ratios, ratio("indented", ", one side indented", slower, GOAL_INDENTED)];
}

async function run({ quick, progress }: Context): Promise<Outcome> {
  const measured: Measured[] = [];
  const ratios: Ratio[] = [];
  for (const runtime of ["node", "deno", "bun"] as const) {
    progress(LABELS[runtime]);
    const rows = await rowsOn(runtime, "core.wasm", quick);
    progress(`${LABELS[runtime]}, without SIMD`);
    const portable = await rowsOn(runtime, "core.portable.wasm", quick);
    for (const [index, row] of rows.entries()) {
      measured.push(...cells(runtime, row, portable[index]!));
      ratios.push(...ratiosOf(runtime, row, portable[index]!));
    }
  }
  return { measured, ratios };
}

export const merge: Workload = {
  name: "merge",
  title: "Three-way merge, against msal-node's deserialize and serialize",
  run,
};
