import { benchFirstMerge, type FirstMergeSpreads } from "../first-merge.ts";
import type { Context, Measured, Outcome, Workload } from "../harness/workload.ts";
import type { Spread } from "../statistics.ts";

function milliseconds({ median, low, high }: Spread): Spread {
  return { median: median / 1000, low: low / 1000, high: high / 1000 };
}

function cells(row: string, { read, compile, merge, total }: FirstMergeSpreads): Measured[] {
  const columns = { read, compile, "instantiate, merge": merge, total };
  return Object.entries(columns).map(([column, spread]) => ({ row, column, unit: "ms", value: milliseconds(spread) }));
}

/** Nothing is judged: what the system itself takes is the floor, and it is a time. */
async function run({ quick, progress }: Context): Promise<Outcome> {
  const { core, floor } = benchFirstMerge(progress, quick ? 1 : undefined);
  const measured = [...cells("the core", core), ...cells("a module of its size that does nothing", floor)];
  return { measured, ratios: [] };
}

export const firstMerge: Workload = { name: "first merge", title: "The first merge of a fresh process, on Node", run };
