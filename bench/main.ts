// npm run bench: prints a table and writes bench/results.json. It never judges: machines are noisy, ratios of one run are not.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { benchFirstMerge, type FirstMergeSpreads } from "./first-merge.ts";
import { benchGrowth, type GrowthRow } from "./growth.ts";
import { benchMerge, type MergeRow } from "./merge.ts";
import type { Spread } from "./statistics.ts";

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  else process.stderr.write(`${text}\n`);
}

function show({ median, low, high }: Spread): string {
  return `${median.toFixed(1)} (${low.toFixed(1)}-${high.toFixed(1)})`;
}

function times({ msalNode }: MergeRow, own: Spread): string {
  return `${(msalNode.median / own.median).toFixed(1)} x`;
}

function tableRow(row: MergeRow): Record<string, string> {
  return {
    entities: String(row.entities),
    "msal-node µs": show(row.msalNode),
    "core µs": show(row.core),
    "core x": times(row, row.core),
    "goal x": String(row.goal),
    "portable core x": times(row, row.corePortable),
    "bytes in, out µs": show(row.bytes),
    "bytes x": times(row, row.bytes),
    "portable bytes x": times(row, row.bytesPortable),
  };
}

function firstMergeRow({ read, compile, merge, total }: FirstMergeSpreads): Record<string, string> {
  return {
    "read µs": show(read),
    "compile µs": show(compile),
    "instantiate, merge µs": show(merge),
    "total µs": show(total),
  };
}

function growthRow({ what, count, documentBytes, each }: GrowthRow): Record<string, string> {
  return { what, count: String(count), MiB: (documentBytes / 2 ** 20).toFixed(1), "ns each": show(each) };
}

const firstMerge = benchFirstMerge(progress);
const merge = benchMerge(progress);
const growth = benchGrowth(progress);
progress("");
console.log("Merge; median (10th-90th percentile); x: times as fast as msal-node deserialize + serialize");
console.table(merge.map(tableRow));
console.log(
  "First merge in a fresh process; the floor is a module of the same size that does nothing (goal 2000 in total)",
);
console.table({ core: firstMergeRow(firstMerge.core), floor: firstMergeRow(firstMerge.floor) });
console.log("Growth: members shuffled at every level, ours indented, theirs minified");
console.table(growth.map(growthRow));

const results = {
  command: "npm run bench",
  node: process.version,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  merge,
  firstMergeMicroseconds: firstMerge,
  growthNanoseconds: growth,
};
writeFileSync(new URL("../../bench/results.json", import.meta.url), `${JSON.stringify(results, null, 2)}\n`);
