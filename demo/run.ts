import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { startAuthority } from "../spec-tests/authority/index.ts";
import { commandFor, type RuntimeName } from "../spec-tests/processes/commands.ts";
import { type Balance, balance } from "./accounting.ts";
import { ACQUIRE_CALLS, crew } from "./crew.ts";
import { Crowd } from "./crowd.ts";
import { type Disturbances, disturb } from "./disturbances.ts";
import type { Statistics } from "./messages.ts";

const GIVE_UP_MS = 60_000;

export interface WorkerReport {
  readonly name: string;
  readonly runtime: RuntimeName;
  readonly acquired: number;
  readonly statistics: Statistics;
}

export interface RunReport extends Balance {
  readonly cache: string;
  readonly ms: number;
  /** Tokens of every kind that the authority gave out. */
  readonly issued: number;
  readonly acquireCalls: number;
  /** Acquire calls that failed, and workers that ended before their time. */
  readonly failures: readonly string[];
  readonly refusedRefreshTokens: number;
  readonly workers: readonly WorkerReport[];
  readonly disturbances: Disturbances;
  /** Names of the files in which damaged originals were kept. */
  readonly setAside: readonly string[];
}

export interface Observer {
  progress(done: number, total: number): void;
  event(text: string): void;
}

export async function run(observer: Observer): Promise<RunReport> {
  const started = performance.now();
  const cache = join(await mkdtemp(join(tmpdir(), "msal-extensions-demo-")), "cache.json");
  const authority = await startAuthority({ rotate: true, strict: true });
  const commands = { node: await commandFor("node"), deno: await commandFor("deno"), bun: await commandFor("bun") };
  const crowd = new Crowd(crew(cache, authority.url), commands, (done) => observer.progress(done, ACQUIRE_CALLS));
  const callOff = crowd.giveUpAfter(GIVE_UP_MS);

  await crowd.hear(crowd.members, "ready");
  crowd.order(crowd.members, "go");
  const disturbances = await disturb(crowd, (text) => observer.event(text));
  crowd.order(crowd.with("user", "service"), "finish");
  await crowd.ended();
  callOff();
  await authority.close();

  const workers = workerReports(crowd);
  const acquired = crowd.members.flatMap((member) => member.acquired);
  return {
    ...(await balance(authority.ledger, acquired, cache)),
    cache,
    ms: Math.round(performance.now() - started),
    issued: authority.ledger.issued.length,
    acquireCalls: crowd.calls,
    failures: crowd.failures,
    refusedRefreshTokens: authority.ledger.refusedRefreshTokens,
    workers,
    disturbances,
    setAside: await filesBeside(cache),
  };
}

function workerReports(crowd: Crowd): WorkerReport[] {
  const reports: WorkerReport[] = [];
  for (const { assignment, acquired, statistics } of crowd.with("user", "service")) {
    if (statistics === undefined) crowd.failures.push(`${assignment.name}: ended before its time`);
    else reports.push({ name: assignment.name, runtime: assignment.runtime, acquired: acquired.length, statistics });
  }
  return reports;
}

async function filesBeside(cache: string): Promise<string[]> {
  const names = await readdir(dirname(cache));
  return names.filter((name) => name !== basename(cache) && !name.includes(".lockfile")).sort();
}
