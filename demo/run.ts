import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { startAuthority } from "../spec-tests/authority/index.ts";
import { commandFor, type RuntimeName } from "../spec-tests/processes/commands.ts";
import { type Balance, balance } from "./accounting.ts";
import { ACQUIRE_CALLS, crew } from "./crew.ts";
import { Crowd } from "./crowd.ts";
import { type Disturbances, disturb } from "./disturbances.ts";
import type { Statistics } from "./messages.ts";
import { type Choice, isFile, openCache } from "./store.ts";

const GIVE_UP_MS = 60_000;

export interface WorkerReport {
  readonly name: string;
  readonly runtime: RuntimeName;
  readonly acquired: number;
  readonly statistics: Statistics;
}

export interface RunReport extends Balance {
  readonly choice: Choice;
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
  /** Names of the files in which tokens can be read by anybody who gets hold of them. */
  readonly readable: readonly string[];
}

export interface Observer {
  progress(done: number, total: number): void;
  event(text: string): void;
}

/** One act: all processes on one cache. */
export async function run(choice: Choice, observer: Observer): Promise<RunReport> {
  const started = performance.now();
  const authority = await startAuthority({ rotate: true, strict: true });
  const commands = { node: await commandFor("node"), deno: await commandFor("deno"), bun: await commandFor("bun") };
  const assignments = crew(choice, authority.url);
  const crowd = new Crowd(assignments, commands, (done) => observer.progress(done, ACQUIRE_CALLS));
  const callOff = crowd.giveUpAfter(GIVE_UP_MS);

  await crowd.ready(choice.store);
  crowd.order(crowd.members, "go");
  const disturbances = await disturb(crowd, isFile(choice.store), (text) => observer.event(text));
  await crowd.ended();
  callOff();
  await authority.close();

  const workers = workerReports(crowd);
  const acquired = crowd.members.flatMap((member) => member.acquired);
  return {
    ...balance(authority.ledger, acquired, await storedIn(choice)),
    choice,
    ms: Math.round(performance.now() - started),
    issued: authority.ledger.issued.length,
    acquireCalls: crowd.calls,
    failures: crowd.failures,
    refusedRefreshTokens: authority.ledger.refusedRefreshTokens,
    workers,
    disturbances,
    setAside: (await filesBeside(choice.order.cache)).filter((name) => name.includes(".damaged-")),
    readable: await readableFiles(choice.order.cache),
  };
}

/** A secret store is the user's own: its item does not stay. */
async function storedIn({ order, store }: Choice): Promise<string> {
  const persistence = await openCache(order);
  const content = (await persistence.load()) ?? "{}";
  if (!isFile(store)) await persistence.delete();
  return content;
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
  return (await readdir(dirname(cache))).filter((name) => name.startsWith(basename(cache))).sort();
}

async function readableFiles(cache: string): Promise<string[]> {
  const names = await filesBeside(cache);
  const contents = await Promise.all(names.map((name) => readFile(join(dirname(cache), name))));
  return names.filter((_, i) => contents[i]!.includes('"secret"'));
}
