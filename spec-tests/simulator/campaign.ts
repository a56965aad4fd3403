import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { LimitCounts } from "./invariants/limits.ts";
import type { MutationName } from "./mutations.ts";
import type { Outcome } from "./simulate.ts";

export interface Assignment {
  readonly from: number;
  readonly count: number;
  readonly mutation?: MutationName;
  /** End at the first failure of this invariant. */
  readonly until?: string;
}

export interface Failure {
  readonly seed: number;
  readonly violation: NonNullable<Outcome["violation"]>;
}

export interface Report {
  schedules: number;
  events: number;
  readonly failures: Failure[];
  readonly limits: LimitCounts;
}

/** So many seeds at a time, so that no worker is left with a large rest. */
const PORTION = 250;
const WORKERS = 2;

/** Runs a range of seeds on two threads. */
export async function runCampaign(
  assignment: Assignment,
  onProgress: (report: Report) => void = () => {},
): Promise<Report> {
  const total: Report = { schedules: 0, events: 0, failures: [], limits: {} };
  const end = assignment.from + assignment.count;
  let next = assignment.from;
  const take = (): Assignment | undefined => {
    const isFound = total.failures.some(({ violation }) => violation.invariant === assignment.until);
    if (next >= end || isFound) return undefined;
    const portion = { ...assignment, from: next, count: Math.min(PORTION, end - next) };
    next += portion.count;
    return portion;
  };
  await Promise.all(
    Array.from({ length: WORKERS }, () =>
      runWorker(take, (report) => {
        add(total, report);
        onProgress(total);
      }),
    ),
  );
  return total;
}

async function runWorker(take: () => Assignment | undefined, onReport: (report: Report) => void): Promise<void> {
  const root = createRequire(import.meta.url).resolve("msal-extensions/package.json");
  const script = new URL("dist/spec-tests/simulator/worker.js", `file://${root}`);
  const worker = new Worker(script);
  try {
    await new Promise<void>((resolve, reject) => {
      const order = () => {
        const portion = take();
        if (portion === undefined) resolve();
        else worker.postMessage(portion);
      };
      worker.on("error", reject);
      worker.on("message", (report: Report) => {
        onReport(report);
        order();
      });
      order();
    });
  } finally {
    await worker.terminate();
  }
}

function add(total: Report, { schedules, events, failures, limits }: Report): void {
  total.schedules += schedules;
  total.events += events;
  total.failures.push(...failures);
  for (const [limit, count] of Object.entries(limits) as Array<[keyof LimitCounts, number]>) {
    total.limits[limit] = (total.limits[limit] ?? 0) + count;
  }
}
