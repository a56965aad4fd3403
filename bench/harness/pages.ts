import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { KNOWN_MISSES } from "../known-misses.ts";
import { chartsOf } from "./charts.ts";
import { ROOT } from "./paths.ts";
import type { Result, Results } from "./results.ts";
import { goalText, leastText, markdown, numberText, tableOf } from "./table.ts";
import { verdictOn } from "./verdict.ts";
import type { Ratio } from "./workload.ts";

const BEGIN = "<!-- bench: written by `npm run bench` from bench/results.json -->";
const END = "<!-- /bench -->";

function remark(ratio: Ratio): string {
  const verdict = verdictOn(ratio);
  if (verdict === "out of reach") return `not met; ${leastText(ratio)}`;
  const known = KNOWN_MISSES[ratio.id];
  if (verdict === "met" || known === undefined) return verdict;
  return `${verdict === "known miss" ? "not met" : verdict}: ${known.why}`;
}

/** What a reader who compares wants to know first. */
const FOREMOST = new Set([
  ...["crowd lost", "crowd total", "crowd p99", "hand-over", "silent failed", "load many", "cold start"],
  ...["commit", "commit not synced", "secret service", "merge 50 node", "install size", "install compiler"],
]);

function goals(results: Results, isShown: (ratio: Ratio) => boolean = () => true): string {
  const rows = Object.values(results).flatMap(({ title, ratios }) =>
    ratios
      .filter(isShown)
      .map((ratio) => [`${title}: ${ratio.what}`, numberText(ratio.value), goalText(ratio), remark(ratio)]),
  );
  return markdown([["", "measured", "goal", ""], ...rows]);
}

function sectionOf([name, result]: [string, Result]): string {
  const { date, node, cpu, cores } = result.measuredOn;
  const where = `\`npm run bench -- --only "${name}"\`, ${date}, Node.js ${node.slice(1)}, ${cores} × ${cpu}`;
  return `### ${result.title}\n\n${where}.\n\n${markdown(tableOf(result))}`;
}

const CHART = "![This package beside the other members of the family](bench/charts/overview.svg)";
const MERGE_CHART = "![How many times as fast as msal-node a merge is](../bench/charts/merge.svg)";

/** What stands between the marks of a page. */
const SECTIONS: Readonly<Record<string, (results: Results) => string>> = {
  "README.md": (results) => `${CHART}\n\n${goals(results, ({ id }) => FOREMOST.has(id))}`,
  "docs/measurements.md": (results) =>
    [goals(results), MERGE_CHART, ...Object.entries(results).map(sectionOf)].join("\n\n"),
};

function replaced(path: string, section: string): string {
  const text = readFileSync(new URL(path, ROOT), "utf8");
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${path} lacks the marks "${BEGIN}" and "${END}"`);
  return `${text.slice(0, before + BEGIN.length)}\n\n${section}\n\n${text.slice(after)}`;
}

/** By path: the pages and pictures as these results make them. */
export function pagesOf(results: Results): ReadonlyMap<string, string> {
  const pages = Object.entries(SECTIONS).map(([path, section]) => [path, replaced(path, section(results))] as const);
  const charts = [...chartsOf(results)].map(([name, picture]) => [`bench/charts/${name}`, picture] as const);
  return new Map([...pages, ...charts]);
}

export function writePages(results: Results): void {
  mkdirSync(new URL("bench/charts/", ROOT), { recursive: true });
  for (const [path, text] of pagesOf(results)) writeFileSync(new URL(path, ROOT), text);
}
