import { expect, it } from "vitest";
import { Child } from "../processes/child.ts";
import { commandFor } from "../processes/commands.ts";
import type { CommitAssignment, CommitNews } from "../processes/commit-loop.ts";
import { storedAccessTokens } from "../processes/stored.ts";
import { temporaryCache } from "../processes/temporary.ts";
import type { WasiNews } from "./wasi-loop.ts";

const RUNS = process.env.SOAK === "1" ? 30 : 2;
const COMMITS = 15;
const HOSTS = [
  { runtime: "node", kind: "K" },
  { runtime: "node", kind: "P" },
  { runtime: "deno", kind: "K" },
  { runtime: "bun", kind: "P" },
] as const;
const EMBEDDERS = 3;

type Committed = Map<string, string>;
type Writer = Child<CommitNews> | Child<WasiNews>;

const clientIdOf = (index: number) => `5e57ab1e-0000-4000-8000-0000000000${10 + index}`;
const recordIn = (committed: Committed) => (news: CommitNews | WasiNews) => {
  if (news.type === "committed") committed.set(news.key, news.sha256);
};

async function startHost(cache: string, index: number, committed: Committed): Promise<Writer> {
  const { runtime, kind } = HOSTS[index]!;
  const assignment: CommitAssignment = { cache, clientId: clientIdOf(index), kind, commits: COMMITS };
  const command = await commandFor(runtime);
  return new Child<CommitNews>("spec-tests/processes/commit-loop.js", assignment, recordIn(committed), command);
}

function startEmbedder(cache: string, index: number, committed: Committed, commits?: number): Child<WasiNews> {
  const assignment = { cache, clientId: clientIdOf(index), ...(commits !== undefined && { commits }) };
  return new Child<WasiNews>("spec-tests/wasi/wasi-loop.js", assignment, recordIn(committed));
}

/** In one of its commits, a few milliseconds in at the most. */
async function killAtRandom(child: Child<WasiNews>): Promise<void> {
  const call = Math.floor(Math.random() * COMMITS);
  for (let n = 0; n <= call; n++) expect(await child.hear("begins")).toBeDefined();
  const moment = performance.now() + Math.random() * 10;
  while (performance.now() < moment) await new Promise((resolve) => setImmediate(resolve));
  await child.kill();
}

it.each(Array.from({ length: RUNS }, (_, run) => run + 1))(
  "core.wasi.wasm in three processes beside Node, Deno and Bun, one more killed: nothing is lost (run %i)",
  { timeout: 90_000 },
  async () => {
    const cache = await temporaryCache();
    const committed: Committed = new Map();
    const last: Committed = new Map();
    const hosts = await Promise.all(HOSTS.map((_, index) => startHost(cache, index, committed)));
    const embedders = Array.from({ length: EMBEDDERS }, (_, index) =>
      startEmbedder(cache, HOSTS.length + index, committed, COMMITS),
    );
    const victim = startEmbedder(cache, HOSTS.length + EMBEDDERS, last);
    const workers = [...hosts, ...embedders];
    try {
      for (const child of [...workers, victim]) expect(await child.hear("ready")).toBeDefined();
      for (const child of [...workers, victim]) child.order("go");
      await killAtRandom(victim);
      expect(await Promise.all(workers.map((child) => child.ended))).toEqual(workers.map(() => 0));

      const stored = await storedAccessTokens(cache);
      expect(committed.size).toBe(workers.length * COMMITS);
      expect([...committed].filter(([key, digest]) => stored.get(key) !== digest)).toEqual([]);
      // The victim may have stored a newer one and died before it could say so.
      expect([...last.keys()].filter((key) => !stored.has(key))).toEqual([]);
    } finally {
      await Promise.all([...workers, victim].map((child) => child.kill()));
    }
  },
);
