import { type Bar, barChart, type Panel } from "./bar-chart.ts";
import type { Results } from "./results.ts";
import { numberText } from "./table.ts";
import type { Measured } from "./workload.ts";

interface Choice {
  readonly workload: string;
  /** The beginning of a column's name. */
  readonly column: string;
  readonly title: string;
  /** The rows that are shown; all of them unless told otherwise. */
  readonly rows?: RegExp;
}

const OVERVIEW: readonly Choice[] = [
  { workload: "crowd", column: "lost", title: "8 processes × 25 tokens, three times: tokens lost" },
  { workload: "crowd", column: "one commit, p99", title: "… one commit in a hundred takes longer than" },
  { workload: "hand-over", column: "release to entry", title: "From one's release to another's entry" },
  { workload: "silent", column: "failed", title: "500 acquireTokenSilent at once: failed" },
  { workload: "cold start", column: "added", title: "Import and first load, beyond a bare process" },
  { workload: "install", column: "size", title: "Size of an installation" },
  { workload: "commit", column: "one token", title: "One token committed, 50 in the file" },
  { workload: "encrypted", column: "one token", title: "… to an encrypted cache, 20 in it" },
];

const MERGE: readonly Choice[] = [
  { workload: "merge", column: "times as fast", title: "Merge: times as fast as msal-node" },
  { workload: "merge", column: "without SIMD", title: "… without SIMD" },
];

function magnitude({ value }: Measured): number {
  return typeof value === "number" ? value : value.median;
}

const NOT_OURS = /peer|bare|^the least/;

function barOf(cell: Measured): Bar {
  const unit = cell.unit === "" ? "" : ` ${cell.unit}`;
  const isOurs = !NOT_OURS.test(cell.row);
  return { label: cell.row, value: magnitude(cell), text: numberText(magnitude(cell)) + unit, isOurs };
}

function panelOf(results: Results, { workload, column, title, rows = /./ }: Choice): Panel[] {
  const cells = results[workload]?.measured ?? [];
  const bars = cells.filter((cell) => cell.column.startsWith(column) && rows.test(cell.row)).map(barOf);
  return bars.length === 0 ? [] : [{ title, bars }];
}

/** The pictures by their names in bench/charts. */
export function chartsOf(results: Results): ReadonlyMap<string, string> {
  const chart = (choices: readonly Choice[], description: string) =>
    barChart(
      choices.flatMap((choice) => panelOf(results, choice)),
      description,
    );
  return new Map([
    ["overview.svg", chart(OVERVIEW, "This package beside the other members of the family")],
    ["merge.svg", chart(MERGE, "How many times as fast as msal-node a merge is")],
  ]);
}
