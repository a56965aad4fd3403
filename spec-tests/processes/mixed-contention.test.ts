import { expect, it } from "vitest";
import { Child } from "./child.ts";
import { commandFor, type RuntimeName } from "./commands.ts";
import type { CommitAssignment, CommitNews } from "./commit-loop.ts";
import { storedAccessTokens } from "./stored.ts";
import { temporaryCache } from "./temporary.ts";

const RUNS = process.env.SOAK === "1" ? 50 : 3;
const COMMITS = 15;
const CREW = (["node", "deno", "bun"] as const).flatMap((runtime: RuntimeName) =>
  (["K", "P"] as const).map((kind) => ({ runtime, kind })),
);

/** What one process has been told is stored: from key to the digest of the token. */
type Committed = Map<string, string>;

async function start(cache: string, index: number, committed: Committed, commits?: number): Promise<Child<CommitNews>> {
  const { runtime, kind } = CREW[index % CREW.length]!;
  const clientId = `5e57ab1e-0000-4000-8000-0000000000${10 + index}`;
  const assignment: CommitAssignment = { cache, clientId, kind, ...(commits === undefined ? {} : { commits }) };
  const record = (news: CommitNews) => {
    if (news.type === "committed") committed.set(news.key, news.sha256);
  };
  const command = await commandFor(runtime);
  const child = new Child<CommitNews>("spec-tests/processes/commit-loop.js", assignment, record, command);
  expect(await child.hear("ready")).toEqual({ type: "ready", host: runtime, kind });
  return child;
}

/** Kills it in one of its acquire calls, a few milliseconds in at the most. */
async function killAtRandom(child: Child<CommitNews>): Promise<void> {
  const call = Math.floor(Math.random() * COMMITS);
  for (let n = 0; n <= call; n++) expect(await child.hear("begins")).toBeDefined();
  const moment = performance.now() + Math.random() * 10;
  while (performance.now() < moment) await new Promise((resolve) => setImmediate(resolve));
  await child.kill();
}

it.each(Array.from({ length: RUNS }, (_, run) => ({ run, killed: CREW[run % CREW.length]! })))(
  "Node, Deno and Bun, kinds K and P, on one file; killed: $killed.runtime $killed.kind (run $run)",
  { timeout: 60_000 },
  async ({ run }) => {
    const cache = await temporaryCache();
    const committed: Committed = new Map();
    const workers = await Promise.all(CREW.map((_, index) => start(cache, index, committed, COMMITS)));
    const last: Committed = new Map();
    const victim = await start(cache, CREW.length + (run % CREW.length), last);
    try {
      for (const child of [...workers, victim]) child.order("go");
      await killAtRandom(victim);
      expect(await Promise.all(workers.map((child) => child.ended))).toEqual(CREW.map(() => 0));

      const stored = await storedAccessTokens(cache);
      expect(committed.size).toBe(CREW.length * COMMITS);
      expect([...committed].filter(([key, digest]) => stored.get(key) !== digest)).toEqual([]);
      // The victim may have stored a newer one and died before it could say so.
      expect([...last.keys()].filter((key) => !stored.has(key))).toEqual([]);
    } finally {
      await Promise.all([...workers, victim].map((child) => child.kill()));
    }
  },
);
