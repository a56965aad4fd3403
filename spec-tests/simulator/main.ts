import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Failure, type Report, runCampaign } from "./campaign.ts";
import { MUTATIONS, type MutationName } from "./mutations.ts";
import { generate } from "./scenario/generate.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { shrink } from "./scenario/shrink.ts";
import { simulate } from "./simulate.ts";

// npm run simulate -- --seed N | --scenario FILE [--shrink] [--mutation NAME]: replays one run and prints its trace.
// npm run simulate -- --seeds FROM..TO [--mutation NAME]: runs many and prints what failed.

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "1..1000" },
    scenario: { type: "string" },
    shrink: { type: "boolean", default: false },
    mutation: { type: "string" },
  },
});
const mutation = values.mutation as MutationName | undefined;

async function replay(scenario: Scenario): Promise<void> {
  const mutate = mutation && MUTATIONS[mutation];
  const shown = values.shrink ? await shrink(scenario, { mutate }) : scenario;
  const { trace, violation, events } = await simulate(shown, { mutate, isTraced: true });
  console.log(`${JSON.stringify(shown, undefined, 1)}\n${trace.join("\n")}`);
  console.log(violation === undefined ? `${events} events, nothing violated` : `VIOLATION ${violation.message}`);
  if (violation !== undefined) process.exitCode = 1;
}

function print({ seed, violation }: Failure): void {
  console.log(`seed ${seed}: ${violation.message}`);
}

async function runMany(range: string): Promise<void> {
  const [from, to] = range.split("..").map(Number) as [number, number];
  const began = performance.now();
  const assignment = { from, count: to - from + 1, ...(mutation === undefined ? {} : { mutation }) };
  let shown = began;
  let printed = 0;
  const report = await runCampaign(assignment, (soFar: Report) => {
    for (; printed < soFar.failures.length; printed++) print(soFar.failures[printed]!);
    if (performance.now() - shown < 30_000) return;
    shown = performance.now();
    console.log(`${soFar.schedules} schedules, ${soFar.failures.length} failures`);
  });
  const seconds = (performance.now() - began) / 1000;
  const rate = Math.round(report.schedules / seconds);
  console.log(`${report.schedules} schedules, ${report.events} events in ${seconds.toFixed(0)} s (${rate} a second)`);
  console.log(`documented limits met: ${JSON.stringify(report.limits)}`);
  if (report.failures.length > 0) process.exitCode = 1;
}

if (values.scenario !== undefined) await replay(JSON.parse(readFileSync(values.scenario, "utf8")).scenario);
else if (values.seed !== undefined) await replay(generate(Number(values.seed)));
else await runMany(values.seeds);
