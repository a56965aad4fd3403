import { beforeAll, expect, it } from "vitest";
import { sha256 } from "../authority/index.ts";
import { Child } from "../processes/child.ts";
import { commandFor } from "../processes/commands.ts";
import type { CommitAssignment, CommitNews } from "../processes/commit-loop.ts";
import { storedAccessTokens } from "../processes/stored.ts";
import { temporaryCache } from "../processes/temporary.ts";
import { Program } from "./program.ts";
import { build, EMBEDDINGS, type EmbeddingName, missingFor } from "./setup.mjs";

const RUNS = process.env.SOAK === "1" ? 20 : 2;
const COMMITS = 10;
/** Before it holds the lock for good. */
const VICTIMS_COMMITS = 3;
const HOSTS = ["node", "deno", "bun"] as const;
const LANGUAGES = Object.keys(EMBEDDINGS) as EmbeddingName[];
/** In turn the one that is killed: a language, a runtime, the next language. */
const VICTIMS = LANGUAGES.flatMap((name, index) => [name, ...HOSTS.slice(index, index + 1)]);

type HostName = (typeof HOSTS)[number];
type Tokens = Map<string, string>;

const isHost = (name: string): name is HostName => HOSTS.some((host) => host === name);
const missing = LANGUAGES.flatMap((name) => missingFor(name).map((tool) => `${tool} for ${name}`));
if (missing.length > 0) {
  if (process.env.CI === "true") throw new Error(`CI must have ${missing.join(", ")}`);
  console.warn(`SKIPPED: all languages on one file; not installed: ${missing.join(", ")}`);
}

beforeAll(async () => {
  if (missing.length === 0) await Promise.all(LANGUAGES.map(build));
}, 900_000);

/** Resolves when it has the lock in its hands, for as long as it lives. */
async function startHolding(name: HostName | EmbeddingName, cache: string): Promise<() => Promise<void>> {
  if (isHost(name)) {
    const assignment = { lockFile: `${cache}.lockfile` };
    const command = await commandFor(name);
    const holder = new Child<{ type: "holding" }>("spec-tests/processes/lock-holder.js", assignment, () => {}, command);
    expect(await holder.hear("holding")).toBeDefined();
    return () => holder.kill();
  }
  const holder = contend(name, cache, `killed-${name}`, VICTIMS_COMMITS, "hold");
  expect(await holder.says("holding")).toBe(true);
  return () => holder.kill();
}

function contend(name: EmbeddingName, cache: string, prefix: string, count: number, ...hold: string[]): Program {
  return new Program(EMBEDDINGS[name].programs.contention, [cache, prefix, String(count), ...hold]);
}

/** A process of ours that waits for `go`; what it has been told is stored goes into `tokens`. */
async function startHost(name: HostName, index: number, cache: string, tokens: Tokens): Promise<Child<CommitNews>> {
  const clientId = `5e57ab1e-0000-4000-8000-0000000000${10 + index}`;
  const assignment: CommitAssignment = { cache, clientId, commits: COMMITS };
  const record = (news: CommitNews) => {
    if (news.type === "committed") tokens.set(news.key, news.sha256);
  };
  const host = new Child<CommitNews>("spec-tests/processes/commit-loop.js", assignment, record, await commandFor(name));
  expect(await host.hear("ready")).toBeDefined();
  return host;
}

/** What a program that ended well has committed. */
function expectFrom(prefix: string, count: number, tokens: Tokens): void {
  for (let n = 0; n < count; n++) tokens.set(`${prefix}-${n}`, sha256(`secret of ${prefix}-${n}`));
}

it
  .skipIf(missing.length > 0)
  .each(Array.from({ length: RUNS }, (_, run) => ({ run: run + 1, victim: VICTIMS[run % VICTIMS.length]! })))(
  `Node, Deno, Bun, ${LANGUAGES.join(", ")} on one file, $victim killed while it holds the lock: nothing is lost (run $run)`,
  { timeout: 180_000 },
  async ({ victim }) => {
    const cache = await temporaryCache();
    const tokens: Tokens = new Map();
    const hosts = await Promise.all(HOSTS.map((name, index) => startHost(name, index, cache, tokens)));
    try {
      const kill = await startHolding(victim, cache);
      if (!isHost(victim)) expectFrom(`killed-${victim}`, VICTIMS_COMMITS, tokens);
      for (const host of hosts) host.order("go");
      const programs = LANGUAGES.map((name) => contend(name, cache, name, COMMITS));
      for (const host of hosts) expect(await host.hear("begins")).toBeDefined();
      await kill();
      expect(await Promise.all(hosts.map((host) => host.ended))).toEqual(hosts.map(() => 0));
      expect(await Promise.all(programs.map((program) => program.ended))).toEqual(programs.map(() => 0));
      for (const name of LANGUAGES) expectFrom(name, COMMITS, tokens);

      const stored = await storedAccessTokens(cache);
      expect([...tokens].filter(([key, digest]) => stored.get(key) !== digest)).toEqual([]);
      expect(stored.size).toBe(tokens.size);
    } finally {
      await Promise.all(hosts.map((host) => host.kill()));
    }
  },
);
