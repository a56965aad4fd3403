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
