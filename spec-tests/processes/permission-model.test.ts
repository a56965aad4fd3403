// Node's permission model: fsync, futimes, fchmod and fchown are refused to everybody, native addons unless asked for.
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { findNodes } from "../../tools/runtimes.mjs";
import { startAuthority } from "../authority/index.ts";
import { Child, type Command } from "./child.ts";
import { storedAccessTokens } from "./stored.ts";
import { temporaryCache } from "./temporary.ts";
import type { TokenAssignment, TokenNews } from "./token-worker.ts";

const PROCESSES = 4;
const TOKENS = 15;

/** Those that have it. A platform without packages of them skips these. */
const VERSIONS = findNodes(22);

describe.skipIf(VERSIONS.length === 0)("processes under Node's permission model, one cache file", () => {
  it.each(VERSIONS)("lose nothing ($version)", { timeout: 60_000 }, async ({ path, version }) => {
    const cache = await temporaryCache();
    const network = Number.parseInt(version, 10) >= 25 ? ["--allow-net"] : [];
    const folder = `--allow-fs-write=${dirname(cache)}`;
    const flags = ["--permission", "--no-warnings", "--allow-fs-read=*", folder, ...network];
    const acquired = await fetchTokens(cache, (index) => [path, ...flags, ...(index === 0 ? ["--allow-addons"] : [])]);
    const stored = await storedAccessTokens(cache);
    expect(acquired).toHaveLength(PROCESSES * TOKENS);
    expect(acquired.filter(([key, digest]) => stored.get(key) !== digest).map(([key]) => key)).toEqual([]);
  });
});

async function fetchTokens(cache: string, command: (index: number) => Command): Promise<(readonly [string, string])[]> {
  const authority = await startAuthority();
  const children = Array.from({ length: PROCESSES }, (_, index) => {
    const clientId = `5e57ab1e-0000-4000-8000-00000000000${index}`;
    const assignment: TokenAssignment = { cache, authorityUrl: authority.url, clientId, tokens: TOKENS };
    const tellFailure = (news: TokenNews) => news.type === "failed" && console.error(news.what);
    return new Child<TokenNews>("spec-tests/processes/token-worker.js", assignment, tellFailure, command(index));
  });
  try {
    await Promise.all(children.map((child) => child.hear("ready")));
    for (const child of children) child.order("go");
    const reports = await Promise.all(children.map((child) => child.hear("done")));
    return reports.flatMap((report) => report?.acquired ?? []);
  } finally {
    await Promise.all(children.map((child) => child.kill()));
    await authority.close();
  }
}
