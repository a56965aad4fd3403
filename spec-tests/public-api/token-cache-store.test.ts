import { describe, expect, test } from "vitest";
import { FilePersistence, TokenCacheStore } from "../../hosts/node/index.ts";
import type { CacheChange } from "../../hosts/shared/index.ts";
import { type CacheJson, document, store, stored, temporaryFolder, usersOf } from "../plugin/fixtures.ts";

const folder = temporaryFolder();
const cacheFile = () => folder.file("cache.json");
const text = (...users: string[]) => JSON.stringify(document(...users));
const parsed = (content: Uint8Array | undefined): CacheJson =>
  JSON.parse(Buffer.from(content ?? []).toString() || "{}");

describe("open", () => {
  test("takes a path or a persistence; nothing is there yet", async () => {
    for (const cache of [cacheFile(), await FilePersistence.create(cacheFile())]) {
      const caches = await TokenCacheStore.open(cache);
      expect(caches.location).toBe(cacheFile());
      expect((await caches.load()).content ?? new Uint8Array(0)).toHaveLength(0);
      expect(await caches.accounts()).toEqual([]);
      await caches.close();
    }
  });

  test("refuses a persistence of somebody else", async () => {
    await expect(TokenCacheStore.open({ getFilePath: () => "x" } as never)).rejects.toMatchObject({
      code: "not_supported",
    });
  });
});

describe("load and commit", () => {
  test("load returns the content whether it has changed or not", async () => {
    await store(cacheFile(), document("ann"));
    const caches = await TokenCacheStore.open(cacheFile());
    const first = await caches.load();
    expect(usersOf(parsed(first.content))).toEqual(["ann"]);
    expect((await caches.load()).content).toEqual(first.content);
  });

  test("commit merges three ways with what others have stored", async () => {
    await store(cacheFile(), document("ann", "bob"));
    const caches = await TokenCacheStore.open(cacheFile());
    const { content } = await caches.load();
    await store(cacheFile(), document("ann", "bob", "cid"));
    const outcome = await caches.commit(content, text("bob", "dan"));
    expect(usersOf(parsed(outcome.content))).toEqual(["bob", "cid", "dan"]);
    expect(usersOf(await stored(cacheFile()))).toEqual(["bob", "cid", "dan"]);
    expect(outcome.accountsAdded).toHaveLength(1);
    expect(outcome.accountsRemoved).toHaveLength(1);
  });

  test("without a base nothing counts as removed; a base may be text", async () => {
    await store(cacheFile(), document("ann"));
    const caches = await TokenCacheStore.open(cacheFile());
    await caches.commit(undefined, text("bob"));
    expect(usersOf(await stored(cacheFile()))).toEqual(["ann", "bob"]);
    await caches.commit(text("ann"), text("cid"));
    expect(usersOf(await stored(cacheFile()))).toEqual(["bob", "cid"]);
  });

  test("a base that callers still hold is not mistaken for what is stored", async () => {
    const caches = await TokenCacheStore.open(cacheFile());
    await caches.commit(undefined, text("ann"));
    const old = (await caches.load()).content;
    await caches.commit(old, text("ann", "bob"));
    await caches.commit(old, text("ann", "cid"));
    expect(usersOf(await stored(cacheFile()))).toEqual(["ann", "bob", "cid"]);
  });

  test("what is not JSON is refused, and nothing changes", async () => {
    await store(cacheFile(), document("ann"));
    const caches = await TokenCacheStore.open(cacheFile());
    await expect(caches.commit(undefined, '{"Account":')).rejects.toMatchObject({ code: "json_unexpected_end" });
    expect(await stored(cacheFile())).toEqual(document("ann"));
  });
});

describe("update and clear", () => {
  test("update edits what is stored, one at a time", async () => {
    const caches = await TokenCacheStore.open(cacheFile());
    const other = await TokenCacheStore.open(cacheFile());
    const add = (to: TokenCacheStore, user: string) =>
      to.update((content) => text(...(usersOf(parsed(content)) as string[]), user));
    await Promise.all([...["a", "b", "c"].map((user) => add(caches, user)), add(other, "d")]);
    expect(usersOf(await stored(cacheFile()))).toEqual(["a", "b", "c", "d"]);
  });

  test("an edit that throws changes nothing", async () => {
    await store(cacheFile(), document("ann"));
    const caches = await TokenCacheStore.open(cacheFile());
    const cause = new Error("changed my mind");
    const updating = caches.update(() => {
      throw cause;
    });
    await expect(updating).rejects.toMatchObject({ code: "callback_failed", cause });
    expect(await stored(cacheFile())).toEqual(document("ann"));
    await caches.update(() => text("bob"));
    expect(usersOf(await stored(cacheFile()))).toEqual(["bob"]);
  });

  test("clear removes the cache, and says whether there was one", async () => {
    await store(cacheFile(), document("ann"));
    const caches = await TokenCacheStore.open(cacheFile());
    await caches.load();
    expect(await caches.clear()).toBe(true);
    expect(await caches.clear()).toBe(false);
    expect((await caches.load()).content).toBeUndefined();
    await caches.commit(undefined, text("bob"));
    expect(usersOf(await stored(cacheFile()))).toEqual(["bob"]);
  });
});

describe("inspect", () => {
  test("counts, and names accounts, without secrets", async () => {
    await store(cacheFile(), { ...document("ann"), theirs: 1 });
    const inspection = await (await TokenCacheStore.open(cacheFile())).inspect();
    expect(inspection).toMatchObject({ entities: { Account: 1, RefreshToken: 1 }, foreign: ["theirs"] });
    expect(inspection.accounts).toMatchObject([{ username: "ann@example.org" }]);
    expect(JSON.stringify(inspection)).not.toContain("secret of");
  });
});

describe("watch", () => {
  test("reports accounts that come and go, until it is stopped", async () => {
    await store(cacheFile(), document("ann"));
    const caches = await TokenCacheStore.open(cacheFile());
    const changes: CacheChange[] = [];
    const stop = caches.watch((change) => changes.push(change));
    const other = await TokenCacheStore.open(cacheFile());
    await caches.load();
    await other.update(() => text("ann", "bob"));
    await expect
      .poll(() => changes.flatMap((change) => change.accountsAdded))
      .toMatchObject([{ local_account_id: "bob" }]);
    await other.update(() => text("bob"));
    await expect
      .poll(() => changes.flatMap((change) => change.accountsRemoved))
      .toMatchObject([{ local_account_id: "ann" }]);
    stop();
    const reported = changes.length;
    await other.update(() => text("cid"));
    await caches.load();
    expect(changes).toHaveLength(reported);
  });

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
});
