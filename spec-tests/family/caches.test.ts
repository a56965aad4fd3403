import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { type Authority, startAuthority } from "../authority/index.ts";
import type { Conversation } from "../processes/conversation.ts";
import { temporaryCache } from "../processes/temporary.ts";
import { buildFamily, isThere, PEER_NAMES, startOurs, startPeer } from "./family.ts";
import type { OurNews, PeerAssignment, PeerNews } from "./orders.ts";

beforeAll(buildFamily, 300_000);

type Either = Conversation<PeerNews> | Conversation<OurNews>;

/** A process that does one task to its end. */
async function run<T extends PeerNews["type"]>(starting: Promise<Either>, type: T) {
  const process = (await starting) as Conversation<PeerNews>;
  process.order("go");
  const news = await process.hear(type);
  await process.kill();
  return news;
}

type Start = (task: PeerAssignment["task"], cache: string) => Promise<Either>;

/**
 * msal-node rounds `cached_at` to whole seconds, so half the time it is up to 0.5 s ahead, and MSAL Go takes no
 * token "cached at a future time".
 */
async function untilCachedAtIsPast(cache: string): Promise<void> {
  const { AccessToken } = JSON.parse(await readFile(cache, "utf8")) as {
    AccessToken: Record<string, { cached_at: string }>;
  };
  const latest = Math.max(...Object.values(AccessToken).map(({ cached_at }) => Number(cached_at)));
  while (Date.now() <= latest * 1000) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Signs a user in with one process, and looks for account and token with another. */
async function expectFound(authority: Authority, writer: Start, reader: Start): Promise<void> {
  const cache = await temporaryCache();
  const user = await run(writer("sign-in", cache), "signed-in");
  expect(user).toBeDefined();
  await untilCachedAtIsPast(cache);
  const issued = authority.ledger.issued.length;
  const found = await run(reader("read", cache), "found");
  expect(found?.accounts).toEqual([{ homeAccountId: user?.homeAccountId, sha256: user?.sha256 }]);
  // From the cache, not from the authority.
  expect(authority.ledger.issued).toHaveLength(issued);
}

describe.each(["node", "deno", "bun"] as const)("%s", (runtime) => {
  for (const name of PEER_NAMES) {
    it.runIf(isThere(name))(`finds what ${name} signed in, and the other way round`, { timeout: 60_000 }, async () => {
      const authority = await startAuthority();
      const peer: Start = (task, cache) => startPeer(name, { task, cache, authorityUrl: authority.url });
      const ours: Start = (task, cache) => startOurs(runtime, { task, cache, authorityUrl: authority.url });
      try {
        await expectFound(authority, peer, ours);
        await expectFound(authority, ours, peer);
      } finally {
        await authority.close();
      }
    });
  }
});
