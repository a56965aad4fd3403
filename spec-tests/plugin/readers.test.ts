import { describe, expect, test } from "vitest";
import { FilePersistence, PersistenceCachePlugin } from "../../hosts/node/index.ts";
import { storeWith } from "../../hosts/shared/persistence/store-with.ts";
import {
  accountKey,
  change,
  context,
  document,
  memoryOf,
  refreshKey,
  refreshToken,
  store,
  tampered,
  temporaryFolder,
  tokenCacheOf,
  usersOf,
} from "./fixtures.ts";

const folder = temporaryFolder();

async function pluginOn(): Promise<PersistenceCachePlugin> {
  return new PersistenceCachePlugin(await FilePersistence.create(folder.file("cache.json")));
}

const namesOf = async (tokenCache: ReturnType<typeof tokenCacheOf>) =>
  (await tokenCache.getAllAccounts()).map((account) => account.localAccountId).sort();

describe("what a reader finds", () => {
  test("nothing, where nothing is stored", async () => {
    const plugin = await pluginOn();
    expect(await tokenCacheOf(plugin).getAllAccounts()).toEqual([]);
    expect(plugin.currentCache).toBe("");
  });

  test("what is stored, and what others store later", async () => {
    await store(folder.file("cache.json"), document("ann"));
    const plugin = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    expect(await namesOf(tokenCache)).toEqual(["ann"]);
    expect(plugin.currentCache).toBe(JSON.stringify(document("ann")));
    await store(folder.file("cache.json"), document("ann", "bob"));
    expect(await namesOf(tokenCache)).toEqual(["ann", "bob"]);
  });

  test("not the accounts that others have removed (msal-node only ever adds to its memory)", async () => {
    await store(folder.file("cache.json"), document("ann", "bob"));
    const tokenCache = tokenCacheOf(await pluginOn());
    await namesOf(tokenCache);
    await store(folder.file("cache.json"), document("bob"));
    expect(await namesOf(tokenCache)).toEqual(["bob"]);
    expect(memoryOf(tokenCache)).not.toHaveProperty([refreshKey("ann")]);
  });

  test("not what this process has written and another has removed since", async () => {
    const plugin = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    await change(plugin, tokenCache, (memory) => {
      memory[refreshKey("ann")] = refreshToken("ann");
    });
    await store(folder.file("cache.json"), document("bob"));
    await change(plugin, tokenCache, (memory) => {
      expect(memory).not.toHaveProperty([refreshKey("ann")]);
      expect(memory).toHaveProperty([refreshKey("bob")]);
    });
  });

  test("telemetry, throttling and authority metadata stay in memory, whatever a document says", async () => {
    const foreign = { "server-telemetry-x": { home_account_id: "x" } };
    await store(folder.file("cache.json"), { ...document("ann"), AppMetadata: foreign });
    const tokenCache = tokenCacheOf(await pluginOn());
    await namesOf(tokenCache);
    memoryOf(tokenCache)["throttling.x"] = { throttleTime: 1 };
    await store(folder.file("cache.json"), document("bob"));
    await namesOf(tokenCache);
    expect(memoryOf(tokenCache)).toHaveProperty(["throttling.x"]);
    expect(memoryOf(tokenCache)).toHaveProperty(["server-telemetry-x"]);
  });
});

describe("memory is never seen empty", () => {
  test("a reader that finds memory cleared has it filled before its first await", async () => {
    await store(folder.file("cache.json"), document("ann"));
    const plugin = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    await tokenCache.getAllAccounts();
    const memory = memoryOf(tokenCache);
    for (const key of Object.keys(memory)) delete memory[key];
    const reading = plugin.beforeCacheAccess(context(tokenCache, false));
    expect(memoryOf(tokenCache)).toHaveProperty([accountKey("ann")]);
    await reading;
  });

  test("overwriteCache fifty times at once, from the very first access (msal-js issue 7909)", async () => {
    await store(folder.file("cache.json"), document("ann"));
    const tokenCache = tokenCacheOf(await pluginOn());
    const seen = await Promise.all(
      Array.from({ length: 50 }, async () => {
        await tokenCache.overwriteCache();
        return Object.keys(memoryOf(tokenCache)).length;
      }),
    );
    expect(new Set(seen)).toEqual(new Set([2]));
  });

  test("a document that memory holds already is not parsed again", async () => {
    await store(folder.file("cache.json"), document("ann"));
    const plugin = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    let handedOver = 0;
    const deserialize = tokenCache.deserialize.bind(tokenCache);
    tokenCache.deserialize = (cache) => {
      handedOver += 1;
      deserialize(cache);
    };
    for (let round = 0; round < 5; round++) await tokenCache.getAllAccounts();
    expect(handedOver).toBe(1);
  });
});

describe("loads", () => {
  test("concurrent readers share one that began after they asked", async () => {
    const plugin = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    await Promise.all(Array.from({ length: 20 }, () => tokenCache.getAllAccounts()));
    expect(plugin.statistics.loads).toBeLessThanOrEqual(2);
  });

  test("a reader never gets by with a load that began before it asked", async () => {
    let release = () => {};
    const blocked = new Promise<void>((resolve) => {
      release = resolve;
    });
    let stats = 0;
    const persistence = await tampered(folder.file("cache.json"), (capabilities) => ({
      ...capabilities,
      store: storeWith(capabilities.store, {
        async stat() {
          const version = await capabilities.store.stat();
          if (stats++ === 0) await blocked;
          return version;
        },
        async read() {
          const content = await capabilities.store.read();
          if (stats++ === 0) await blocked;
          return content;
        },
      }),
    }));
    const plugin = new PersistenceCachePlugin(persistence);
    const early = tokenCacheOf(plugin);
    const late = tokenCacheOf(plugin);
    const first = early.getAllAccounts();
    await expect.poll(() => stats).toBeGreaterThan(0);
    await store(folder.file("cache.json"), document("ann"));
    const second = late.getAllAccounts();
    release();
    await first;
    expect((await second).map((account) => account.localAccountId)).toEqual(["ann"]);
  });

  test("one that fails rejects, leaves memory as it was, and the next one tries again", async () => {
    let fails = true;
    const persistence = await tampered(folder.file("cache.json"), (capabilities) => ({
      ...capabilities,
      store: storeWith(capabilities.store, {
        read: () => {
          if (fails) throw Object.assign(new Error("EIO: i/o error, read"), { code: "EIO" });
          return capabilities.store.read();
        },
      }),
    }));
    await store(folder.file("cache.json"), document("ann"));
    const plugin = new PersistenceCachePlugin(persistence);
    const tokenCache = tokenCacheOf(plugin);
    await expect(tokenCache.getAllAccounts()).rejects.toMatchObject({ code: "io_error" });
    expect(plugin.currentCache).toBeNull();
    fails = false;
    expect(await namesOf(tokenCache)).toEqual(["ann"]);
    expect(usersOf(JSON.parse(tokenCache.serialize()))).toEqual(["ann"]);
  });
});
