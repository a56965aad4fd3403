// killed-holder.test.ts kills at random. Here a commit is killed before each of its calls that change what others find,
// and so after the one before.
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { TokenCacheStore } from "../../hosts/node/index.ts";
import { host, installHost } from "../../hosts/shared/runtime/host.ts";
import { Child } from "./child.ts";
import type { KillAssignment, KillNews } from "./killed-at-call.ts";
import { temporaryCache } from "./temporary.ts";

type Kind = "K" | "P";

const NOBODY = 2147483646; // no system gives this number to a process
const document = (key: string) => JSON.stringify({ AccessToken: { [key]: { secret: key, cached_at: "100" } } });
const keys = (cache: string) => Object.keys(JSON.parse(readFileSync(cache, "utf8")).AccessToken).sort();

/** By a process of its own, which dies in its call of this number. @returns how many calls it made, if it lived */
async function commitAndDie(cache: string, kind: Kind, call: number): Promise<number | undefined> {
  const assignment: KillAssignment = { cache, kind, document: document("killed"), call };
  const child = new Child<KillNews>("spec-tests/processes/killed-at-call.js", assignment);
  const news = await child.hear("committed");
  expect(await child.ended).toBe(news === undefined ? null : 0);
  return news?.calls;
}

/** One look at the lock, no waiting. */
async function commitAtOnce(cache: string, kind: Kind, key: string): Promise<void> {
  const before = host();
  if (kind === "P") installHost({ ...before, runtime: { ...before.runtime, kernelLocks: () => undefined } });
  try {
    const store = await TokenCacheStore.open(cache, { lockTimeoutMs: 0 });
    await store.commit(undefined, document(key));
    await store.close();
  } finally {
    installHost(before);
  }
}

/** A killed holder of kind P is waited for until its lease is 8 s old. */
function ageLease(cache: string): void {
  const lease = `${cache}.lockfile.lock`;
  const past = Date.now() / 1000 - 9;
  if (existsSync(lease)) utimesSync(lease, past, past);
}

/** What is left is private, and nobody waits for it. */
function expectTidy(cache: string): void {
  const folder = dirname(cache);
  const names = readdirSync(folder, { withFileTypes: true });
  expect(names.map(({ name }) => name)).not.toContain("cache.json.lockfile");
  for (const entry of names) {
    if (entry.isFile()) expect(statSync(join(folder, entry.name)).mode & 0o777).toBe(0o600);
  }
}

describe.each(["K", "P"] as const)("a commit of kind %s that is killed before any of its calls", (kind) => {
  it("leaves the document before or the one after, and the lock to whoever comes next", async () => {
    const first = await temporaryCache();
    await commitAtOnce(first, kind, "before");
    const calls = (await commitAndDie(first, kind, 0))!;
    expect(keys(first)).toEqual(["before", "killed"]);
    expect(calls).toBeGreaterThan(10);
    let published = 0;
    for (let call = 1; call <= calls; call++) {
      const cache = await temporaryCache();
      await commitAtOnce(cache, kind, "before");
      expect(await commitAndDie(cache, kind, call)).toBeUndefined();
      const found = keys(cache);
      if (found.includes("killed")) published++;
      else expect(found).toEqual(["before"]);
      ageLease(cache);
      await commitAtOnce(cache, call % 2 === 0 ? "K" : "P", "next");
      expect(keys(cache)).toEqual([...found, "next"].sort());
      expectTidy(cache);
    }
    expect(published).toBeGreaterThan(0);
    expect(published).toBeLessThan(calls);
    console.log(`kind ${kind}: killed before each of ${calls} calls, ${published} times after it had published`);
  });
});

/** What is left of a killed process counts as left when it is a minute old. */
function ageTemporaries(cache: string): void {
  const names = readdirSync(dirname(cache)).filter((name) => name.endsWith(".tmp"));
  for (const name of names) utimesSync(join(dirname(cache), name), 1000, 1000);
}

it.each(["K", "P"] as const)(
  "a take-over of kind %s that is killed before any of its calls leaves nothing that is not swept",
  async (kind) => {
    for (let call = 1; ; call++) {
      const cache = await temporaryCache();
      await commitAtOnce(cache, kind, "before");
      writeFileSync(`${cache}.lockfile`, `${NOBODY} gone`, { mode: 0o600 });
      const survived = await commitAndDie(cache, kind, call);
      ageLease(cache);
      ageTemporaries(cache);
      await commitAtOnce(cache, kind, "next");
      expect(readdirSync(dirname(cache)), `killed at call ${call}`).toEqual(["cache.json"]);
      if (survived !== undefined) break;
    }
  },
);
