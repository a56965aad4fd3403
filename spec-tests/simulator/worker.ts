import { parentPort } from "node:worker_threads";
import type { Assignment, Report } from "./campaign.ts";
import type { LimitCounts } from "./invariants/limits.ts";
import { MUTATIONS } from "./mutations.ts";
import { generate } from "./scenario/generate.ts";
import { simulate } from "./simulate.ts";

// Half of the time would go into stack traces of the errors that system calls end with; a replay shows them.
Error.stackTraceLimit = 0;

/** One thread of a campaign: runs the seeds it is told to and reports. */
async function run({ from, count, mutation, until }: Assignment): Promise<Report> {
  const report: Report = { schedules: 0, events: 0, failures: [], limits: {} };
  const mutate = mutation && MUTATIONS[mutation];
  for (let seed = from; seed < from + count; seed++) {
    const { violation, events, limits } = await simulate(generate(seed), { mutate });
    report.schedules++;
    report.events += events;
    for (const [limit, times] of Object.entries(limits) as Array<[keyof LimitCounts, number]>) {
      report.limits[limit] = (report.limits[limit] ?? 0) + times;
    }
    if (violation !== undefined) report.failures.push({ seed, violation });
    if (violation !== undefined && violation.invariant === until) break;
  }
  return report;
}

parentPort?.on("message", async (assignment: Assignment) => parentPort?.postMessage(await run(assignment)));
