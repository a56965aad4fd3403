import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { describe, expect, test, vi } from "vitest";
import { FilePersistence, PersistenceCachePlugin, PersistenceError, TokenCacheStore } from "../../hosts/node/index.ts";
import { CacheMerger } from "../../hosts/shared/core/cache-merger.ts";
import type { Capabilities } from "../../hosts/shared/core/capabilities.ts";
import { storeWith } from "../../hosts/shared/persistence/store-with.ts";
import {
  change,
  context,
  document,
  memoryOf,
  refreshKey,
  refreshToken,
  store,
  stored,
  tampered,
  temporaryFolder,
  tokenCacheOf,
  usersOf,
} from "./fixtures.ts";

const folder = temporaryFolder();
const cacheFile = () => folder.file("cache.json");

const pluginOn = async () => new PersistenceCachePlugin(await FilePersistence.create(cacheFile()));

const add = (plugin: PersistenceCachePlugin, tokenCache: ReturnType<typeof tokenCacheOf>, user: string) =>
  change(plugin, tokenCache, (memory) => {
    memory[refreshKey(user)] = refreshToken(user);
  });

/** Calls `before` ahead of every write to the store. */
const beforeReplace = (capabilities: Capabilities, before: () => unknown): Capabilities => ({
  ...capabilities,
  store: storeWith(capabilities.store, {
    async replace(content, beforePublishing) {
      await before();
      return capabilities.store.replace(content, beforePublishing);
    },
  }),
});

describe("group commit", () => {
  test("changes that arrive while a write is under way share the next one", async () => {
    const plugin = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    const users = Array.from({ length: 50 }, (_, n) => `user${n}`);
    await Promise.all(users.map((user) => add(plugin, tokenCache, user)));
    const cache = await stored(cacheFile());
    for (const user of users) expect(cache.RefreshToken).toHaveProperty([refreshKey(user)]);
    expect(plugin.statistics.writes).toBeLessThan(10);
    expect(plugin.statistics.commits).toBe(plugin.statistics.writes);
  });

  test("a commit lets the writers finish who are waiting for their turn, but waits for no one for long", async () => {
    const plugin = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    await tokenCache.getAllAccounts();
    await Promise.all(["ann", "bob", "carl"].map((user) => add(plugin, tokenCache, user)));
    expect(plugin.statistics.writes).toBe(1);
    const slow = context(tokenCache, true);
    let entered: Promise<void> | undefined;
    await change(plugin, tokenCache, (memory) => {
      memory[refreshKey("dora")] = refreshToken("dora");
      entered = plugin.beforeCacheAccess(slow);
    });
    await entered;
    expect((await stored(cacheFile())).RefreshToken).toHaveProperty([refreshKey("dora")]);
    await plugin.afterCacheAccess(slow);
  });

  test("resolves only when the caller's own change is on disk", async () => {
    const plugin = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    const users = Array.from({ length: 20 }, (_, n) => `user${n}`);
    await Promise.all(
      users.map(async (user) => {
        await add(plugin, tokenCache, user);
        expect((await stored(cacheFile())).RefreshToken).toHaveProperty([refreshKey(user)]);
      }),
    );
  });

  test("a change made during a commit is neither lost nor undone by its result", async () => {
    let during = () => Promise.resolve();
    const persistence = await tampered(cacheFile(), (capabilities) => beforeReplace(capabilities, () => during()));
    const plugin = new PersistenceCachePlugin(persistence);
    const one = tokenCacheOf(plugin);
    const other = tokenCacheOf(plugin);
    let second: Promise<void> | undefined;
    const slow = new Promise<void>((resolve) => setTimeout(resolve, 20));
    during = () => {
      second ??= add(plugin, other, "bob");
      return slow;
    };
    await add(plugin, one, "ann");
    await second;
    const { RefreshToken } = await stored(cacheFile());
    expect(Object.keys(RefreshToken ?? {}).sort()).toEqual([refreshKey("ann"), refreshKey("bob")].sort());
  });
});

describe("a commit that fails", () => {
  test.each([
    [
      "is many times the limit",
      JSON.stringify({ RefreshToken: { key: { secret: "s".repeat(5000) } } }),
      "document_too_large",
    ],
    ["is no JSON", "{unquoted", "json_unexpected_byte"],
  ])("since what is in memory %s says which cache it is about", async (_name, memory, code) => {
    const plugin = new PersistenceCachePlugin(await FilePersistence.create(cacheFile()), { maxBytes: 1000 });
    let text = "{}";
    const tokenCache = {
      serialize: () => text,
      deserialize: (document: string) => {
        text = document;
      },
    };
    const writer = context(tokenCache, true);
    await plugin.beforeCacheAccess(writer);
    text = memory;
    const message = expect.stringContaining(cacheFile());
    await expect(plugin.afterCacheAccess(writer)).rejects.toMatchObject({ code, location: cacheFile(), message });
  });

  test("is its callers' error; the change stays visible, and the next commit includes it", async () => {
    let fails = true;
    const persistence = await tampered(cacheFile(), (capabilities) =>
      beforeReplace(capabilities, () => {
        if (fails) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      }),
    );
    const plugin = new PersistenceCachePlugin(persistence);
    const tokenCache = tokenCacheOf(plugin);
    await expect(add(plugin, tokenCache, "ann")).rejects.toMatchObject({ code: "disk_full" });
    await expect(readFile(cacheFile())).rejects.toMatchObject({ code: "ENOENT" });
    await tokenCache.overwriteCache();
    expect(memoryOf(tokenCache)).toHaveProperty([refreshKey("ann")]);
    fails = false;
    await add(plugin, tokenCache, "bob");
    const { RefreshToken } = await stored(cacheFile());
    expect(Object.keys(RefreshToken ?? {}).sort()).toEqual([refreshKey("ann"), refreshKey("bob")].sort());
  });

  test("is no sync, and neither is a look that fails: lastSync is when the cache was last loaded or written", async () => {
    let fails = false;
    const fail = () => {
      if (fails) throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
    };
    const persistence = await tampered(cacheFile(), ({ store, ...others }) => {
      const stat = () => {
        fail();
        return store.stat();
      };
      return beforeReplace({ ...others, store: storeWith(store, { stat }) }, fail);
    });
    const plugin = new PersistenceCachePlugin(persistence);
    const tokenCache = tokenCacheOf(plugin);
    await add(plugin, tokenCache, "ann");
    plugin.lastSync = 1;
    fails = true;
    await expect(add(plugin, tokenCache, "bob")).rejects.toMatchObject({ code: "io_error" });
    expect(plugin.lastSync).toBe(1);
    await expect(plugin.beforeCacheAccess(context(tokenCache, false))).rejects.toMatchObject({ code: "io_error" });
    expect(plugin.lastSync).toBe(1);
    fails = false;
    await add(plugin, tokenCache, "cid");
    expect(Date.now() - plugin.lastSync).toBeLessThan(10_000);
  });

  test("for its size is refused alone: what is smaller is stored, what others store is read", async () => {
    const plugin = new PersistenceCachePlugin(await FilePersistence.create(cacheFile()), { maxBytes: 1000 });
    const tokenCache = tokenCacheOf(plugin);
    const users = ["ann", "bob", "cid", "dora", "eve"];
    const refused: string[] = [];
    for (const user of users) {
      await add(plugin, tokenCache, user).catch(({ code, location }) => refused.push(`${user}: ${code} ${location}`));
    }
    const reason = `document_too_large ${cacheFile()}`;
    expect(refused).toEqual([`dora: ${reason}`, `eve: ${reason}`]);
    const remove = (user: string) =>
      change(plugin, tokenCache, (memory) => {
        delete memory[refreshKey(user)];
      });
    await remove("ann");
    await add(plugin, tokenCache, "eve");
    expect(Object.keys((await stored(cacheFile())).RefreshToken ?? {})).toEqual(["bob", "cid", "eve"].map(refreshKey));
    await store(cacheFile(), document("fay"));
    expect((await tokenCache.getAllAccounts()).map((account) => account.localAccountId)).toEqual(["fay"]);
  });

  test("for a merge that failed once is read anew, not taken for known", async () => {
    await store(cacheFile(), document("ann"));
    const plugin = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    await tokenCache.getAllAccounts();
    await store(cacheFile(), document("ann", "bob"));
    const merge = vi.spyOn(CacheMerger.prototype, "merge").mockImplementationOnce(() => {
      throw new PersistenceError("out_of_memory");
    });
    await expect(tokenCache.getAllAccounts()).rejects.toMatchObject({ code: "out_of_memory" });
    merge.mockRestore();
    expect((await tokenCache.getAllAccounts()).map((account) => account.localAccountId)).toEqual(["ann", "bob"]);
  });

  test("for want of the lock names its holder and leaves what is stored alone", async () => {
    const persistence = await FilePersistence.create(cacheFile());
    await store(cacheFile(), document("ann"));
    await writeFile(`${cacheFile()}.lockfile`, `${process.ppid} somebody`);
    const plugin = new PersistenceCachePlugin(persistence, { retryNumber: 5, retryDelay: 10 });
    const tokenCache = tokenCacheOf(plugin);
    await expect(add(plugin, tokenCache, "bob")).rejects.toMatchObject({
      code: "lock_timeout",
      message: expect.stringMatching(/held by process \d+ \(somebody\).*taken over within 30 s/),
    });
    expect(await stored(cacheFile())).toEqual(document("ann"));
    expect(await readFile(`${cacheFile()}.lockfile`, "utf8")).toBe(`${process.ppid} somebody`);
  });
});

describe("damage", () => {
  test("what a torn write lost is put back by whoever still knows it, at once", async () => {
    await store(cacheFile(), document("ann", "bob", "cid"));
    const plugin = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    await tokenCache.getAllAccounts();
    const whole = await readFile(cacheFile(), "utf8");
    await writeFile(cacheFile(), whole.slice(0, whole.indexOf("cid")));
    expect((await tokenCache.getAllAccounts()).map((account) => account.localAccountId).sort()).toEqual([
      "ann",
      "bob",
      "cid",
    ]);
    await expect.poll(async () => usersOf(await stored(cacheFile()))).toEqual(["ann", "bob", "cid"]);
    await tokenCache.getAllAccounts(); // loads after the commit has released its lock
    expect(Object.keys((await stored(cacheFile())).RefreshToken ?? {})).toHaveLength(3);
    expect(plugin.statistics).toMatchObject({ salvaged: 1, setAside: 1 });
    expect((await readdir(folder.path)).filter((name) => name.includes("damaged"))).toHaveLength(1);
  });
});

test("the log says which cache was damaged, how, and where its original is", async () => {
  const log: string[] = [];
  const torn = JSON.stringify(document("ann")).slice(0, -1);
  await writeFile(cacheFile(), torn);
  const loggerCallback = (_level: number, message: string) => log.push(message);
  const persistence = await FilePersistence.create(cacheFile(), { loggerCallback });
  await (await TokenCacheStore.open(persistence)).load();
  const [kept] = (await readdir(folder.path)).filter((name) => name.includes(".damaged-"));
  expect(log.map((line) => line.slice(line.indexOf("cache_")))).toEqual(
    expect.arrayContaining([
      `cache_damaged: ${cacheFile()}: json_unexpected_end at byte ${torn.length}`,
      `cache_set_aside: ${cacheFile()} has been kept as ${folder.file(kept!)}`,
      `cache_salvaged: ${cacheFile()}`,
    ]),
  );
});

describe("a cache that goes away", () => {
  test("by being cleared signs everybody out, here too; what is added later is stored", async () => {
    await store(cacheFile(), document("ann"));
    const plugin = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    expect(await tokenCache.getAllAccounts()).toHaveLength(1);
    const caches = await TokenCacheStore.open(cacheFile());
    await caches.clear();
    expect(await tokenCache.getAllAccounts()).toEqual([]);
    await add(plugin, tokenCache, "bob");
    expect(Object.keys((await stored(cacheFile())).RefreshToken ?? {})).toEqual([refreshKey("bob")]);
  });

  test("the same while a writer is at work: only its own change is stored", async () => {
    await store(cacheFile(), document("ann"));
    const plugin = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    const access = context(tokenCache, true);
    await plugin.beforeCacheAccess(access);
    await rm(cacheFile());
    memoryOf(tokenCache)[refreshKey("bob")] = refreshToken("bob");
    await plugin.afterCacheAccess(access);
    expect(usersOf(await stored(cacheFile()))).toEqual([]);
    expect(Object.keys((await stored(cacheFile())).RefreshToken ?? {})).toEqual([refreshKey("bob")]);
  });
});

describe("somebody writes while a commit is being written", () => {
  test.each([
    ["without asking for the lock", () => undefined],
    ["having removed our lock", () => rm(`${cacheFile()}.lockfile`)],
  ])("%s: what that one wrote is kept", async (_how, also) => {
    await store(cacheFile(), document("ann"));
    let others = [
      async () => {
        await also();
        await store(cacheFile(), document("ann", "carl"));
      },
    ];
    const persistence = await tampered(cacheFile(), (capabilities) =>
      beforeReplace(capabilities, async () => {
        const [other] = others;
        others = [];
        await other?.();
      }),
    );
    const plugin = new PersistenceCachePlugin(persistence);
    await add(plugin, tokenCacheOf(plugin), "bob");
    const tokens = Object.keys((await stored(cacheFile())).RefreshToken ?? {});
    expect(tokens.sort()).toEqual(["ann", "bob", "carl"].map(refreshKey));
    expect(plugin.statistics.restarts).toBeGreaterThan(0);
  });
});

test("a lock that was taken away just before a commit is published is taken anew, and the commit begun again", async () => {
  let isHeld = true;
  const persistence = await tampered(cacheFile(), (capabilities) =>
    beforeReplace(capabilities, async () => {
      if (isHeld) await rm(`${cacheFile()}.lockfile`);
      isHeld = false;
    }),
  );
  const plugin = new PersistenceCachePlugin(persistence);
  await add(plugin, tokenCacheOf(plugin), "bob");
  expect(Object.keys((await stored(cacheFile())).RefreshToken ?? {})).toEqual([refreshKey("bob")]);
  expect(plugin.statistics.restarts).toBe(1);
});

describe("several at once", () => {
  test("two applications of one plugin see each other's changes", async () => {
    const plugin = await pluginOn();
    const [one, other] = [tokenCacheOf(plugin), tokenCacheOf(plugin)];
    await Promise.all([add(plugin, one, "ann"), add(plugin, other, "bob")]);
    for (const tokenCache of [one, other]) {
      await tokenCache.getAllAccounts();
      for (const user of ["ann", "bob"]) expect(memoryOf(tokenCache)).toHaveProperty([refreshKey(user)]);
    }
  });

  test("several plugins on one file lose nothing", async () => {
    const plugins = await Promise.all([pluginOn(), pluginOn(), pluginOn(), pluginOn()]);
    await Promise.all(
      plugins.map(async (plugin, p) => {
        const tokenCache = tokenCacheOf(plugin);
        for (let n = 0; n < 10; n++) await add(plugin, tokenCache, `user${p}-${n}`);
      }),
    );
    expect(Object.keys((await stored(cacheFile())).RefreshToken ?? {})).toHaveLength(40);
  });
});
