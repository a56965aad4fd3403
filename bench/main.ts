// npm run bench: measures, prints tables, and writes bench/results.json, the charts and the tables of README and docs.
//   npm run bench                    everything, some minutes
//   npm run bench -- --only NAME     one workload (may be repeated); the others keep their last numbers
//   npm run bench -- --check         judges the ratios measured in this run: 1 when a goal is missed that is not known to be
//   npm run bench -- --quick         everything once and small, to see that it runs; nothing is written
//   npm run bench -- --pages         measures nothing: writes charts and tables anew from bench/results.json
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writePages } from "./harness/pages.ts";
import { Peers } from "./harness/peers.ts";
import { here, type Result, type Results, readResults, writeResults } from "./harness/results.ts";
import { goalText, leastText, numberText, plainText, tableOf } from "./harness/table.ts";
import { VERDICTS, type Verdict, verdictOn } from "./harness/verdict.ts";
import type { Context, Ratio, Workload } from "./harness/workload.ts";
import { KNOWN_MISSES } from "./known-misses.ts";
import { WORKLOADS } from "./workloads/index.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    check: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    pages: { type: "boolean", default: false },
  },
});

function chosen(): readonly Workload[] {
  const unknown = options.only.filter((name) => !WORKLOADS.some((workload) => workload.name === name));
  const names = WORKLOADS.map(({ name }) => name).join(", ");
  if (unknown.length > 0) throw new Error(`There is no workload "${unknown.join('", "')}". There are: ${names}.`);
  return options.only.length === 0 ? WORKLOADS : WORKLOADS.filter(({ name }) => options.only.includes(name));
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

async function measure(workload: Workload, peers: Peers, folder: string): Promise<Result> {
  console.log(`\n${workload.name}: ${workload.title}`);
  let caches = 0;
  const context: Context = {
    quick: options.quick,
    peers,
    freshCache: () =>
      join(mkdtempSync(join(folder, `${workload.name.replaceAll(" ", "-")}-`)), `cache-${caches++}.json`),
    progress: (text) => progress(`${workload.name}: ${text}`),
  };
  const started = Date.now();
  const outcome = await workload.run(context);
  progress("");
  console.log(plainText(tableOf(outcome)));
  console.log(`(${Math.round((Date.now() - started) / 1000)} s)`);
  return { title: workload.title, measuredOn: here(), ...outcome };
}

/** Beside what was measured in earlier runs, in the order of the tables. */
function keep(measured: Results): void {
  const all = { ...readResults(), ...measured };
  const inOrder = WORKLOADS.filter(({ name }) => name in all).map(({ name }) => [name, all[name]!] as const);
  const results = Object.fromEntries(inOrder);
  writeResults(results);
  writePages(readResults()); // As they were rounded.
}

function explained(ratio: Ratio, verdict: Verdict): string {
  if (verdict !== "known miss" && verdict !== "out of reach") return "";
  const { limit, why } = KNOWN_MISSES[ratio.id]!;
  return `limit ${numberText(limit)}: ${verdict === "out of reach" ? leastText(ratio) : why}`;
}

/** The number of goals that were missed and are not known to be, or that could not be measured. */
function judge(results: Results): number {
  const rows = Object.values(results).flatMap(({ ratios, title }) =>
    ratios.map((ratio) => ({ ratio, title, verdict: verdictOn(ratio) })),
  );
  const cells = rows.map(({ ratio, verdict }) => {
    return [ratio.id, numberText(ratio.value), goalText(ratio), verdict, explained(ratio, verdict)];
  });
  console.log(`\n${plainText([["ratio", "measured", "goal", "", ""], ...cells])}`);
  const count = (...verdicts: string[]) => rows.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const bad = count("missed", "not measured");
  console.log(`\n${VERDICTS.map((verdict) => `${count(verdict)} ${verdict}`).join(", ")}`);
  return bad;
}

async function main(): Promise<void> {
  if (options.pages) {
    writePages(readResults());
    return;
  }
  const workloads = chosen();
  const peers = await Peers.build();
  const folder = mkdtempSync(join(tmpdir(), "msal-extensions-bench-"));
  const measured: Record<string, Result> = {};
  try {
    for (const workload of workloads) {
      measured[workload.name] = await measure(workload, peers, folder);
      if (!options.quick) keep(measured); // now: what comes may be broken off
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const bad = judge(measured);
  if (options.check && bad > 0) process.exitCode = 1;
}

await main();
