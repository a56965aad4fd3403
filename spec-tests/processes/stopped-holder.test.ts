// A holder that stands still and lives: Ctrl-Z, a debugger, a machine that sleeps. It wakes in the midst of its commit.
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { afterEach, expect, it } from "vitest";
import { PersistenceError, TokenCacheStore } from "../../hosts/node/index.ts";
import { sha256 } from "../authority/index.ts";
import { Child } from "./child.ts";
import { commandFor, type RuntimeName } from "./commands.ts";
import type { CommitAssignment, CommitNews } from "./commit-loop.ts";
import { storedAccessTokens } from "./stored.ts";
import { temporaryCache } from "./temporary.ts";
import { until } from "./until.ts";

const RUNTIMES: readonly RuntimeName[] = ["node", "deno", "bun"];
/** No token is renewed: what is lost once is not stored again. */
const COMMITS = 20;
const OURS = JSON.stringify({ AccessToken: { ours: { secret: "secret" } } });

interface Crew {
  readonly cache: string;
  readonly children: ReadonlyMap<RuntimeName, Child<CommitNews>>;
  /** What they have been told is stored: from key to the digest of the token. */
  readonly committed: ReadonlyMap<string, string>;
}

let crew: Crew | undefined;

afterEach(async () => {
  await Promise.all([...(crew?.children.values() ?? [])].map((child) => child.kill()));
});

/** One process of each runtime, all at work on one file. */
async function started(kind: "K" | "P"): Promise<Crew> {
  const cache = await temporaryCache();
  const committed = new Map<string, string>();
  const start = async (runtime: RuntimeName, index: number) => {
    const clientId = `5e57ab1e-0000-4000-8000-0000000000${10 + index}`;
    const assignment: CommitAssignment = { cache, clientId, kind, commits: COMMITS };
    const record = (news: CommitNews) => {
      if (news.type === "committed") committed.set(news.key, news.sha256);
    };
    const script = "spec-tests/processes/commit-loop.js";
    const child = new Child<CommitNews>(script, assignment, record, await commandFor(runtime));
    expect(await child.hear("ready")).toEqual({ type: "ready", host: runtime, kind });
    return [runtime, child] as const;
  };
  crew = { cache, children: new Map(await Promise.all(RUNTIMES.map(start))), committed };
  for (const child of crew.children.values()) child.order("go");
  return crew;
}

/** It has the lock, has merged, and writes what it is about to publish: from now on what others store it does not know. */
function isPublishing(cache: string, pid: number): boolean {
  const beginning = `.${basename(cache)}.${pid}.`;
  if (!readdirSync(dirname(cache)).some((name) => name.startsWith(beginning))) return false;
  try {
    return Number.parseInt(readFileSync(`${cache}.lockfile`, "utf8"), 10) === pid;
  } catch {
    return false; // nobody has it, just then
  }
}

const isStopped = (pid: number) => / T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));

/** Stops it in the midst of a commit. */
async function stopPublishing({ cache, children }: Crew, runtime: RuntimeName): Promise<number> {
  const { pid, process: child } = children.get(runtime)!;
  for (;;) {
    await until(() => child.exitCode !== null || isPublishing(cache, pid));
    expect(child.exitCode, `${runtime} ended before it could be stopped`).toBeNull();
    process.kill(pid, "SIGSTOP");
    await until(() => isStopped(pid));
    if (isPublishing(cache, pid)) return pid;
    process.kill(pid, "SIGCONT");
  }
}

/** All come to their end, and what they have been told is stored is there. */
async function expectNothingLost({ cache, children, committed }: Crew): Promise<void> {
  const ends = await Promise.all([...children.values()].map((child) => child.ended));
  expect(ends).toEqual(RUNTIMES.map(() => 0));
  const stored = await storedAccessTokens(cache);
  expect([...committed].filter(([key, digest]) => stored.get(key) !== digest)).toEqual([]);
}

it.each(RUNTIMES)("%s, stopped with kernel locks, keeps them, and others are told who has them", async (runtime) => {
  const crew = await started("K");
  const pid = await stopPublishing(crew, runtime);
  const store = await TokenCacheStore.open(crew.cache, { lockTimeoutMs: 300 });
  const refused = await store.commit(undefined, OURS).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(PersistenceError);
  expect(refused).toMatchObject({ code: "lock_timeout", holder: { pid } });
  process.kill(pid, "SIGCONT");
  await expectNothingLost(crew);
  await store.close();
});

// It lives, so its lock is taken over only when its file is 30 s old, which takes as long.
it.each(process.env.SOAK === "1" ? RUNTIMES : RUNTIMES.slice(0, 1))(
  "%s, stopped with a lease, loses it after 30 s, and nothing is lost when it goes on",
  { timeout: 120_000 },
  async (runtime) => {
    const crew = await started("P");
    const pid = await stopPublishing(crew, runtime);
    const store = await TokenCacheStore.open(crew.cache, { lockTimeoutMs: 60_000 });
    await store.commit(undefined, OURS);
    process.kill(pid, "SIGCONT");
    await expectNothingLost(crew);
    expect((await storedAccessTokens(crew.cache)).get("ours")).toBe(sha256("secret"));
    await store.close();
  },
);
