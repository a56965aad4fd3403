import { beforeAll, expect, it } from "vitest";
import { startAuthority } from "../authority/index.ts";
import { storedAccessTokens } from "../processes/stored.ts";
import { temporaryCache } from "../processes/temporary.ts";
import { buildFamily, isThere, type PeerName, startOurs, startPeer } from "./family.ts";
import type { OurNews, PeerNews } from "./orders.ts";

const RUNS = process.env.SOAK === "1" ? 20 : 2;
const TOKENS = 15;
const OURS = ["node", "deno", "bun"] as const;
/** Who else writes; others lose tokens beside us, of each other's and of ours (docs/family.md). */
const PEERS = (process.env.FAMILY?.split(",") ?? ["python", "python+portalocker"]) as PeerName[];

beforeAll(buildFamily, 300_000);

it.runIf(PEERS.every(isThere)).each(Array.from({ length: RUNS }, (_, run) => run + 1))(
  `${PEERS.join(", ")} and our three hosts write to one file at once, run %i: nothing is lost`,
  { timeout: 60_000 },
  async () => {
    const authority = await startAuthority();
    const cache = await temporaryCache();
    const written = new Map<string, string>();
    const missed: string[] = [];
    const given = (n: number) => ({
      task: "write" as const,
      cache,
      authorityUrl: authority.url,
      tokens: TOKENS,
      clientId: `5e57ab1e-0000-4000-8000-0000000000${10 + n}`,
    });
    const record = (name: string) => (news: PeerNews | OurNews) => {
      if (news.type === "wrote") written.set(news.sha256, name);
      if (news.type === "missed") missed.push(`${name}: ${news.what}`);
    };
    const writers = await Promise.all([
      ...OURS.map((name, n) => startOurs(name, given(n), record(name))),
      ...PEERS.map((name, n) => startPeer(name, given(OURS.length + n), record(name))),
    ]);
    try {
      for (const writer of writers) writer.order("go");
      await Promise.all(writers.map((writer) => writer.ended));
      const stored = new Set((await storedAccessTokens(cache)).values());
      const lost = [...written].filter(([sha256]) => !stored.has(sha256)).map(([, name]) => name);
      expect(missed).toEqual([]);
      expect(written.size).toBe(writers.length * TOKENS);
      expect(lost).toEqual([]);
    } finally {
      await Promise.all(writers.map((writer) => writer.kill()));
      await authority.close();
    }
  },
);
