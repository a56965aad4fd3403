import { describe, expect, test } from "vitest";
import { FilePersistence, PersistenceCachePlugin } from "../../hosts/node/index.ts";
import {
  accountKey,
  change,
  context,
  document,
  refreshKey,
  refreshToken,
  store,
  stored,
  temporaryFolder,
  tokenCacheOf,
  usersOf,
} from "./fixtures.ts";

const folder = temporaryFolder();

/** A token cache of which no more is known than MSAL's interface says: no live map, and it only ever adds. */
class PlainTokenCache {
  content: Record<string, Record<string, unknown>> = {};

  serialize(): string {
    return JSON.stringify(this.content);
  }

  deserialize(cache: string): void {
    for (const [section, entities] of Object.entries(JSON.parse(cache) as typeof this.content)) {
      this.content[section] = { ...this.content[section], ...entities };
    }
  }
}

async function setUp() {
  const path = folder.file("cache.json");
  await store(path, document("ann", "bob"));
  return { path, plugin: new PersistenceCachePlugin(await FilePersistence.create(path)), cache: new PlainTokenCache() };
}

describe("a token cache without a live map", () => {
  test("what others removed lingers in memory, but does not come back to the store", async () => {
    const { path, plugin, cache } = await setUp();
    await plugin.beforeCacheAccess(context(cache, false));
    await store(path, document("bob"));
    const access = context(cache, true);
    await plugin.beforeCacheAccess(access);
    expect(cache.content.Account).toHaveProperty([accountKey("ann")]);
    cache.content.RefreshToken![refreshKey("cid")] = { secret: "new" };
    await plugin.afterCacheAccess(access);
    const after = await stored(path);
    expect(usersOf(after)).toEqual(["bob"]);
    expect(after.RefreshToken).not.toHaveProperty([refreshKey("ann")]);
    expect(after.RefreshToken).toHaveProperty([refreshKey("cid")]);
  });

  test("cleared under a writer, it is restored", async () => {
    const { path, plugin, cache } = await setUp();
    const access = context(cache, true);
    await plugin.beforeCacheAccess(access);
    cache.content = {};
    const reading = plugin.beforeCacheAccess(context(cache, false));
    expect(cache.content.Account).toHaveProperty([accountKey("ann")]);
    await plugin.afterCacheAccess(access);
    await reading;
    expect(usersOf(await stored(path))).toEqual(["ann", "bob"]);
  });

  test("read under a writer while nothing is stored, it is left as it is", async () => {
    const plugin = new PersistenceCachePlugin(await FilePersistence.create(folder.file("cache.json")));
    const cache = new PlainTokenCache();
    const access = context(cache, true);
    await plugin.beforeCacheAccess(access);
    cache.content = { RefreshToken: { [refreshKey("cid")]: { secret: "new" } } };
    const reading = plugin.beforeCacheAccess(context(cache, false));
    await plugin.afterCacheAccess(access);
    await reading;
    expect((await stored(folder.file("cache.json"))).RefreshToken).toHaveProperty([refreshKey("cid")]);
  });

  test("a map that is made anew for each call is none: what is changed is stored", async () => {
    const { path, plugin, cache } = await setUp();
    const withCopies = Object.assign(cache, {
      getKVStore: () => Object.assign({}, ...Object.values(cache.content)) as Record<string, unknown>,
    });
    const access = context(withCopies, true);
    await plugin.beforeCacheAccess(access);
    cache.content.RefreshToken![refreshKey("cid")] = { secret: "new" };
    cache.content.RefreshToken![refreshKey("ann")] = { secret: "renewed" };
    await plugin.afterCacheAccess(access);
    const { RefreshToken } = await stored(path);
    expect(RefreshToken).toMatchObject({
      [refreshKey("ann")]: { secret: "renewed" },
      [refreshKey("cid")]: { secret: "new" },
    });
  });

  test("one that throws in deserialize fails its own caller only", async () => {
    const { plugin, cache } = await setUp();
    const broken = {
      serialize: () => "{}",
      deserialize: () => {
        throw new Error("cannot");
      },
    };
    await expect(plugin.beforeCacheAccess(context(broken, true))).rejects.toThrow("cannot");
    await expect(plugin.beforeCacheAccess(context(broken, true))).rejects.toThrow("cannot");
    await plugin.beforeCacheAccess(context(cache, true));
    expect(Object.keys(cache.content.Account ?? {})).toHaveLength(2);
  });
});

test.each([null, 5, "x", [1]])(
  "an entity that is %j stays in the file, and keeps nobody from the others",
  async (odd) => {
    const path = folder.file("cache.json");
    const cache = document("ann");
    for (const section of ["Account", "IdToken", "AccessToken", "RefreshToken", "AppMetadata"] as const) {
      Object.assign(cache[section]!, { odd });
    }
    await store(path, cache);
    const plugin = new PersistenceCachePlugin(await FilePersistence.create(path));
    const tokenCache = tokenCacheOf(plugin);
    expect((await tokenCache.getAllAccounts()).map(({ localAccountId }) => localAccountId)).toEqual(["ann"]);
    await change(plugin, tokenCache, (memory) => {
      memory[refreshKey("bob")] = refreshToken("bob");
    });
    const after = await stored(path);
    expect(after).toMatchObject(cache);
    expect(after.RefreshToken).toHaveProperty([refreshKey("bob")]);
  },
);

test("an entity that is null keeps nobody from the others where sections are missing, too", async () => {
  const path = folder.file("cache.json");
  const { Account } = document("ann");
  await store(path, { Account: { ...Account, odd: null } });
  const tokenCache = tokenCacheOf(new PersistenceCachePlugin(await FilePersistence.create(path)));
  expect((await tokenCache.getAllAccounts()).map(({ localAccountId }) => localAccountId)).toEqual(["ann"]);
});

test("an option that is none is refused", async () => {
  const persistence = await FilePersistence.create(folder.file("cache.json"));
  expect(() => new PersistenceCachePlugin(persistence, { onUndecryptable: "setaside" as never })).toThrow(
    expect.objectContaining({ code: "bad_argument", message: expect.stringContaining("setaside") }),
  );
  for (const holdLimitMs of [Number.NaN, -1, "30" as never]) {
    expect(() => new PersistenceCachePlugin(persistence, { holdLimitMs })).toThrow(
      expect.objectContaining({ code: "bad_argument" }),
    );
  }
  expect(() => new PersistenceCachePlugin(persistence, { alsoLock: folder.file(".lockfile") as never })).toThrow(
    expect.objectContaining({ code: "bad_argument", message: expect.stringContaining("alsoLock") }),
  );
});

describe("a persistence of somebody else", () => {
  test("is refused with the reason", () => {
    const theirs = { getFilePath: () => "x", getLogger: () => undefined };
    expect(() => new PersistenceCachePlugin(theirs as never)).toThrow(
      expect.objectContaining({ code: "not_supported", message: expect.stringContaining("msal-extensions") }),
    );
  });

  test("a promise of one is refused with what is missing", () => {
    const promise = FilePersistence.create(folder.file("cache.json"));
    expect(() => new PersistenceCachePlugin(promise as never)).toThrow(
      expect.objectContaining({ code: "not_supported", message: expect.stringContaining("`await`") }),
    );
    return promise;
  });
});
