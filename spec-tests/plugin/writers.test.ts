import { execFileSync } from "node:child_process";
import { describe, expect, test, vi } from "vitest";
import { FilePersistence, PersistenceCachePlugin } from "../../hosts/node/index.ts";
import {
  accountKey,
  change,
  context,
  document,
  macrotask,
  memoryOf,
  refreshKey,
  refreshToken,
  signOut,
  store,
  stored,
  temporaryFolder,
  tokenCacheOf,
  usersOf,
} from "./fixtures.ts";

const folder = temporaryFolder();
const cacheFile = () => folder.file("cache.json");

interface Logged {
  readonly plugin: PersistenceCachePlugin;
  readonly log: string[];
}

async function pluginOn(options?: ConstructorParameters<typeof PersistenceCachePlugin>[1]): Promise<Logged> {
  const log: string[] = [];
  const loggerOptions = { loggerCallback: (_level: number, message: string) => log.push(message) };
  const persistence = await FilePersistence.create(cacheFile(), loggerOptions);
  return { plugin: new PersistenceCachePlugin(persistence, options), log };
}

describe("what a writer stores", () => {
  test("what it added, beside what others have stored", async () => {
    const { plugin } = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    const access = context(tokenCache, true);
    await plugin.beforeCacheAccess(access);
    await store(cacheFile(), document("bob"));
    memoryOf(tokenCache)[refreshKey("ann")] = refreshToken("ann");
    await plugin.afterCacheAccess(access);
    expect(Object.keys((await stored(cacheFile())).RefreshToken ?? {}).sort()).toEqual(
      [refreshKey("ann"), refreshKey("bob")].sort(),
    );
    expect(plugin.currentCache).toContain("secret of bob");
  });

  test("what it removed is gone, with the account's credentials", async () => {
    await store(cacheFile(), document("ann", "bob"));
    const tokenCache = tokenCacheOf((await pluginOn()).plugin);
    await signOut(tokenCache, "ann");
    const cache = await stored(cacheFile());
    expect(usersOf(cache)).toEqual(["bob"]);
    expect(cache.RefreshToken).not.toHaveProperty([refreshKey("ann")]);
  });

  test("members and fields that MSAL does not know are kept, and so are entities that it would drop", async () => {
    const cache = document("ann");
    const unknown = { home_account_id: "eve.tenant", credential_type: "SomethingElse", secret: "theirs" };
    cache.RefreshToken!["of somebody else"] = unknown;
    cache.Account![accountKey("ann")]!.family_extra = { a: 1 };
    await store(cacheFile(), { ...cache, theirs: [1, 2] });
    const { plugin } = await pluginOn();
    await change(plugin, tokenCacheOf(plugin), (memory) => {
      memory[refreshKey("bob")] = refreshToken("bob");
    });
    const after = await stored(cacheFile());
    expect(after.theirs).toEqual([1, 2]);
    expect(after.Account![accountKey("ann")]).toHaveProperty("family_extra", { a: 1 });
    expect(after.RefreshToken).toHaveProperty(["of somebody else"], unknown);
    expect(after.RefreshToken).toHaveProperty([refreshKey("bob")]);
  });

  test("nothing, and without the lock, when nothing has changed", async () => {
    await store(cacheFile(), document("ann"));
    const { plugin } = await pluginOn();
    await change(plugin, tokenCacheOf(plugin), () => {});
    expect(plugin.statistics).toMatchObject({ commits: 0, writes: 0 });
  });

  test("what a caller changed that had not said so beforehand", async () => {
    await store(cacheFile(), document("ann"));
    const { plugin } = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    const access = context(tokenCache, false);
    await plugin.beforeCacheAccess(access);
    memoryOf(tokenCache)[refreshKey("bob")] = refreshToken("bob");
    await plugin.afterCacheAccess(Object.assign(access, { cacheHasChanged: true }));
    expect((await stored(cacheFile())).RefreshToken).toHaveProperty([refreshKey("bob")]);
  });
});

describe("a writer has memory to itself", () => {
  test("writers come in one after the other, in order, each in a turn of its own", async () => {
    const { plugin } = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    const order: string[] = [];
    const writer = async (name: string) => {
      const access = context(tokenCache, true);
      await plugin.beforeCacheAccess(access);
      order.push(`${name} in`);
      for (let ticks = 0; ticks < 20; ticks++) await undefined;
      order.push(`${name} out`);
      await plugin.afterCacheAccess(access);
    };
    await Promise.all(["1", "2", "3"].map(writer));
    expect(order).toEqual(["1 in", "1 out", "2 in", "2 out", "3 in", "3 out"]);
  });

  test("what others have stored while a writer was inside is handed to the next one", async () => {
    await store(cacheFile(), document("ann"));
    const { plugin } = await pluginOn();
    const [tokenCache, other] = [tokenCacheOf(plugin), tokenCacheOf(plugin)];
    const access = context(tokenCache, true);
    await plugin.beforeCacheAccess(access);
    await store(cacheFile(), document("ann", "carl"));
    await other.getAllAccounts();
    memoryOf(tokenCache)[refreshKey("bob")] = refreshToken("bob");
    await plugin.afterCacheAccess(access);
    await change(plugin, tokenCache, (memory) => expect(memory).toHaveProperty([refreshKey("carl")]));
  });

  test("a reader waits for the writer inside, and then finds what it wrote", async () => {
    const { plugin } = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    const access = context(tokenCache, true);
    await plugin.beforeCacheAccess(access);
    let read = false;
    const reading = tokenCache.overwriteCache().then(() => {
      read = true;
    });
    for (let turns = 0; turns < 50; turns++) await macrotask();
    expect(read).toBe(false);
    memoryOf(tokenCache)[refreshKey("ann")] = refreshToken("ann");
    await Promise.all([plugin.afterCacheAccess(access), reading]);
    expect(memoryOf(tokenCache)).toHaveProperty([refreshKey("ann")]);
  });

  test("what a reader still has to do when it is let in is done before the next writer is", async () => {
    await store(cacheFile(), document("ann"));
    const { plugin } = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    await tokenCache.getAllAccounts();
    const ticks = async (count: number) => {
      for (let n = 0; n < count; n++) await undefined;
    };
    // As overwriteCache, with more promises in between: lays the document it was handed over memory.
    const reader = async () => {
      const access = context(tokenCache, false);
      await plugin.beforeCacheAccess(access);
      await ticks(10);
      Object.assign(memoryOf(tokenCache), tokenCache.getCacheSnapshot());
      await plugin.afterCacheAccess(access);
    };
    const writer = async () => {
      const access = context(tokenCache, true);
      await plugin.beforeCacheAccess(access);
      delete memoryOf(tokenCache)[refreshKey("ann")];
      await ticks(30);
      await plugin.afterCacheAccess(access);
    };
    await Promise.all([reader(), writer(), reader()]);
    expect((await stored(cacheFile())).RefreshToken).toEqual({});
  });

  test.each([
    ["asked while the writer waited", true],
    ["asks while the writer is inside", false],
  ])("a reader that %s does not bring back what it replaces", async (_when, early) => {
    await store(cacheFile(), document("ann"));
    const { plugin } = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    await tokenCache.getAllAccounts();
    const access = context(tokenCache, true);
    const entering = plugin.beforeCacheAccess(access);
    const asked = early ? tokenCache.overwriteCache() : undefined;
    await entering;
    const reading = asked ?? tokenCache.overwriteCache();
    const renewed = refreshToken("ann", "renewed");
    memoryOf(tokenCache)[refreshKey("ann")] = renewed;
    await Promise.all([plugin.afterCacheAccess(access), reading]);
    expect(memoryOf(tokenCache)[refreshKey("ann")]).toMatchObject(renewed);
    await change(plugin, tokenCache, (memory) => {
      memory[refreshKey("bob")] = refreshToken("bob");
    });
    expect((await stored(cacheFile())).RefreshToken?.[refreshKey("ann")]).toHaveProperty("secret", "renewed");
  });

  test("other applications of the same plugin do not wait", async () => {
    const { plugin } = await pluginOn();
    const access = context(tokenCacheOf(plugin), true);
    await plugin.beforeCacheAccess(access);
    expect(await tokenCacheOf(plugin).getAllAccounts()).toEqual([]);
    await plugin.afterCacheAccess(access);
  });

  test.each([
    ["what was read", []],
    ["what another writer left", ["cid"]],
  ])("memory that is cleared under a writer is brought back to %s: nothing counts as removed", async (_, before) => {
    await store(cacheFile(), document("ann"));
    const { plugin, log } = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    for (const user of before) {
      await change(plugin, tokenCache, (memory) => {
        memory[refreshKey(user)] = refreshToken(user);
      });
    }
    const access = context(tokenCache, true);
    await plugin.beforeCacheAccess(access);
    const reading = tokenCache.overwriteCache();
    expect(memoryOf(tokenCache)).toHaveProperty([accountKey("ann")]);
    memoryOf(tokenCache)[refreshKey("bob")] = refreshToken("bob");
    await plugin.afterCacheAccess(access);
    await reading;
    const cache = await stored(cacheFile());
    expect(usersOf(cache)).toEqual(["ann"]);
    for (const user of [...before, "bob"]) expect(cache.RefreshToken).toHaveProperty([refreshKey(user)]);
    expect(log.join()).toContain("cleared while it was being changed");
  });

  test("readers and writers all at once: nothing is lost, nothing comes back", async () => {
    await store(cacheFile(), document("ann", "bob"));
    const { plugin } = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    await tokenCache.getAllAccounts();
    const users = Array.from({ length: 20 }, (_, n) => `user${n}`);
    await Promise.all([
      ...users.map((user) =>
        change(plugin, tokenCache, (memory) => {
          memory[refreshKey(user)] = refreshToken(user);
        }),
      ),
      ...users.map(() => tokenCache.overwriteCache()),
      signOut(tokenCache, "ann"),
      ...users.map(() => tokenCache.overwriteCache()),
    ]);
    const cache = await stored(cacheFile());
    expect(usersOf(cache)).toEqual(["bob"]);
    for (const user of [...users, "bob"]) expect(cache.RefreshToken).toHaveProperty([refreshKey(user)]);
    expect(cache.RefreshToken).not.toHaveProperty([refreshKey("ann")]);
    await tokenCache.overwriteCache();
    expect(memoryOf(tokenCache)).not.toHaveProperty([accountKey("ann")]);
  });
});

describe("the hold limit", () => {
  test("a writer that does not come back is waited for no longer; when it does, its change is stored", async () => {
    await store(cacheFile(), document("ann"));
    const { plugin, log } = await pluginOn({ holdLimitMs: 30 });
    const tokenCache = tokenCacheOf(plugin);
    const access = context(tokenCache, true);
    await plugin.beforeCacheAccess(access);
    memoryOf(tokenCache)[refreshKey("early")] = refreshToken("early");
    await change(plugin, tokenCache, (memory) => {
      memory[refreshKey("other")] = refreshToken("other");
    });
    expect(log.join()).toContain("did not call afterCacheAccess");
    await store(cacheFile(), { ...(await stored(cacheFile())), ...document("bob") });
    memoryOf(tokenCache)[refreshKey("late")] = refreshToken("late");
    await plugin.afterCacheAccess(access);
    const cache = await stored(cacheFile());
    expect(cache.RefreshToken).toHaveProperty([refreshKey("late")]);
    expect(cache.RefreshToken).toHaveProperty([refreshKey("bob")]);
    expect(usersOf(cache)).toEqual(["bob"]);
  });

  test("what it did until then and somebody has removed since does not come back", async () => {
    await store(cacheFile(), document("ann"));
    const { plugin, log } = await pluginOn({ holdLimitMs: 1 });
    const [tokenCache, other] = [tokenCacheOf(plugin), tokenCacheOf(plugin)];
    const overdue = context(tokenCache, true);
    await plugin.beforeCacheAccess(overdue);
    memoryOf(tokenCache)[refreshKey("bob")] = refreshToken("bob");
    await expect.poll(() => log.join()).toContain("did not call afterCacheAccess");
    await change(plugin, other, (memory) => {
      expect(memory).toHaveProperty([refreshKey("bob")]);
      delete memory[refreshKey("bob")];
    });
    await tokenCache.getAllAccounts();
    await plugin.afterCacheAccess(overdue);
    expect(Object.keys((await stored(cacheFile())).RefreshToken ?? {})).toEqual([refreshKey("ann")]);
  });

  test("of several who do not come back each stores its own change, and brings back nothing that it was handed meanwhile", async () => {
    await store(cacheFile(), document("ann"));
    const { plugin, log } = await pluginOn({ holdLimitMs: 1 });
    const [tokenCache, other] = [tokenCacheOf(plugin), tokenCacheOf(plugin)];
    const renew = (secret: string) =>
      change(plugin, other, (memory) => {
        memory[refreshKey("ann")] = refreshToken("ann", secret);
      });
    const late = [context(tokenCache, true), context(tokenCache, true)];
    for (const [index, access] of late.entries()) {
      await plugin.beforeCacheAccess(access);
      await expect.poll(() => log.filter((line) => line.includes("did not call")).length).toBe(index + 1);
    }
    await renew("first");
    await tokenCache.getAllAccounts();
    await renew("second");
    for (const [index, access] of late.entries()) {
      memoryOf(tokenCache)[refreshKey(`late${index}`)] = refreshToken(`late${index}`);
      await plugin.afterCacheAccess(access);
    }
    const { RefreshToken } = await stored(cacheFile());
    expect(RefreshToken?.[refreshKey("ann")]).toHaveProperty("secret", "second");
    for (const index of [0, 1]) expect(RefreshToken).toHaveProperty([refreshKey(`late${index}`)]);
  });

  test.each([0, 1])(
    "after a writer that never comes back, memory that is cleared is restored, %i looks later: nothing counts as removed",
    async (looks) => {
      const cache = document("ann", "bob");
      cache.RefreshToken!.other = { home_account_id: "eve.tenant", credential_type: "SomethingElse" };
      await store(cacheFile(), cache);
      const { plugin, log } = await pluginOn({ holdLimitMs: 1 });
      const tokenCache = tokenCacheOf(plugin);
      await plugin.beforeCacheAccess(context(tokenCache, true));
      await expect.poll(() => log.join()).toContain("did not call afterCacheAccess");
      for (let look = 0; look < looks; look++) await tokenCache.getAllAccounts();
      await tokenCache.overwriteCache();
      expect(memoryOf(tokenCache)).toHaveProperty([accountKey("ann")]);
      await change(plugin, tokenCache, (memory) => {
        memory[refreshKey("cid")] = refreshToken("cid");
      });
      const after = await stored(cacheFile());
      expect(usersOf(after)).toEqual(["ann", "bob"]);
      expect(after.RefreshToken).toHaveProperty(["other"]);
      expect(after.RefreshToken).toHaveProperty([refreshKey("cid")]);
    },
  );

  test.each([Number.POSITIVE_INFINITY, 2 ** 31])("%d ms is as long as a timer can be", async (holdLimitMs) => {
    const timers = vi.spyOn(globalThis, "setTimeout");
    const { plugin } = await pluginOn({ holdLimitMs });
    const access = context(tokenCacheOf(plugin), true);
    await plugin.beforeCacheAccess(access);
    expect(timers.mock.calls.map(([, ms]) => ms)).toContain(2 ** 31 - 1);
    timers.mockRestore();
    await plugin.afterCacheAccess(access);
  });

  test.each([
    ["while somebody waits for it", "await writer();"],
    ["while somebody waits for it who came at the same time", "writer();"],
  ])("keeps the process alive %s", (_when, first) => {
    const library = JSON.stringify(import.meta.resolve("msal-extensions"));
    const script = `const { FilePersistence, PersistenceCachePlugin } = await import(${library});
      const plugin = new PersistenceCachePlugin(await FilePersistence.create("cache.json"), { holdLimitMs: 300 });
      const writer = () => plugin.beforeCacheAccess({ cacheHasChanged: true, tokenCache });
      const tokenCache = { serialize: () => "{}", deserialize() {} };
      ${first}
      writer().then(() => console.log("inside"));`;
    const cwd = folder.path;
    expect(execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd, encoding: "utf8" })).toBe(
      "inside\n",
    );
  });

  test("does not keep the process alive", async () => {
    const { plugin } = await pluginOn({ holdLimitMs: 3_600_000 });
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    await plugin.beforeCacheAccess(context(tokenCacheOf(plugin), true));
    const after = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    expect(after).toBeLessThanOrEqual(before);
  });
});

describe("afterCacheAccess", () => {
  test("without beforeCacheAccess, or twice, does nothing", async () => {
    await store(cacheFile(), document("ann"));
    const { plugin } = await pluginOn();
    const tokenCache = tokenCacheOf(plugin);
    const access = context(tokenCache, true);
    await plugin.afterCacheAccess(access);
    await plugin.beforeCacheAccess(access);
    await plugin.afterCacheAccess(access);
    await plugin.afterCacheAccess(access);
    expect(usersOf(await stored(cacheFile()))).toEqual(["ann"]);
    expect(plugin.statistics.commits).toBe(0);
  });
});
