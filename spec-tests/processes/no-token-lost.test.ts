import { describe, expect, it } from "vitest";
import { startAuthority } from "../authority/index.ts";
import { Child } from "./child.ts";
import { storedAccessTokens } from "./stored.ts";
import { temporaryCache } from "./temporary.ts";
import type { TokenAssignment, TokenNews } from "./token-worker.ts";

const RUNS = process.env.SOAK === "1" ? 20 : 3;
const PROCESSES = 8;
const TOKENS = 50;

describe(`${PROCESSES} processes, one cache file, ${TOKENS} tokens each`, () => {
  it.each(Array.from({ length: RUNS }, (_, i) => i + 1))(
    "run %i: all are in the file",
    { timeout: 60_000 },
    async () => {
      const cache = await temporaryCache();
      const authority = await startAuthority();
      const children = Array.from({ length: PROCESSES }, (_, i) => {
        const clientId = `5e57ab1e-0000-4000-8000-00000000000${i}`;
        const assignment: TokenAssignment = { cache, authorityUrl: authority.url, clientId, tokens: TOKENS };
        return new Child<TokenNews>("spec-tests/processes/token-worker.js", assignment, (news) => {
          if (news.type === "failed") console.error(news.what);
        });
      });
      try {
        await Promise.all(children.map((child) => child.hear("ready")));
        for (const child of children) child.order("go");
        const reports = await Promise.all(children.map((child) => child.hear("done")));
        const stored = await storedAccessTokens(cache);

        const acquired = reports.flatMap((report) => report?.acquired ?? []);
        expect(acquired).toHaveLength(PROCESSES * TOKENS);
        expect(acquired.filter(([key, digest]) => stored.get(key) !== digest).map(([key]) => key)).toEqual([]);
        expect(stored.size).toBe(PROCESSES * TOKENS);
      } finally {
        await Promise.all(children.map((child) => child.kill()));
        await authority.close();
      }
    },
  );
});
