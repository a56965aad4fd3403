import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { TokenCacheStore } from "../../hosts/node/index.ts";
import { document, temporaryFolder } from "../plugin/fixtures.ts";

const folder = temporaryFolder();
const cacheFile = () => folder.file("cache.json");
const text = (...users: string[]) => JSON.stringify(document(...users));

describe("watch", () => {
  test("a listener that throws does not end it", async () => {
    const caches = await TokenCacheStore.open(cacheFile());
    let calls = 0;
    const stop = caches.watch(() => {
      calls += 1;
      throw new Error("not our failure");
    });
    await caches.load();
    await caches.update(() => text("ann"));
    await expect.poll(() => calls).toBe(1);
    await caches.update(() => text("bob"));
    await expect.poll(() => calls).toBe(2);
    stop();
    await caches.close();
  });

  test("after close is refused, and not tried for ever", async () => {
    const caches = await TokenCacheStore.open(cacheFile());
    await caches.close();
    expect(() => caches.watch(() => undefined)).toThrow(expect.objectContaining({ code: "bad_state" }));
  });
});

test.each([
  ["alone", []],
  ["and another lock file in it", ["other.lockfile"]],
])("a folder that was removed with its cache, %s, is not made anew by a load", async (_what, others) => {
  const own = join(folder.file("own"), "cache");
  const caches = await TokenCacheStore.open(join(own, "cache.json"), {
    alsoLock: others.map((name) => join(own, name)),
  });
  await caches.commit(undefined, text("ann"));
  rmSync(own, { recursive: true });
  expect((await caches.load()).content).toBeUndefined();
  expect(existsSync(folder.file("own"))).toBe(true);
  expect(existsSync(own)).toBe(false);
  await caches.commit(undefined, text("bob"));
  expect(existsSync(join(own, "cache.json"))).toBe(true);
  await caches.close();
});

describe("what is wrong with a lock file", () => {
  const isPosix = process.platform !== "win32";

  test.each([
    ["a folder", "not_a_file", (path: string) => mkdirSync(path)],
    ["a link", "invalid_location", (path: string) => symlinkSync("elsewhere", path)],
    ["below a file", "not_a_file", (path: string) => writeFileSync(join(path, ".."), "")],
  ])("%s: the error names it, and not the cache", async (what, code, make) => {
    if (what === "a link" && !isPosix) return;
    const other = folder.file(join(what, "other.lockfile"));
    if (what !== "below a file") mkdirSync(join(other, ".."));
    make(other);
    const caches = await TokenCacheStore.open(cacheFile(), { alsoLock: [other] });
    const error = await caches.commit(undefined, "{}").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, location: other, message: expect.stringContaining(other) });
    await caches.close();
  });
});
