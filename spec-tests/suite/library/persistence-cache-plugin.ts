import { deepEqual, equal, rejects } from "node:assert/strict";
import { mkdir, readdir, stat, truncate, writeFile } from "node:fs/promises";
import type { TokenCache } from "@azure/msal-node";
import type { PersistenceCachePlugin } from "../../../hosts/shared/index.ts";
import type { OnCache } from "../library-tests.ts";
import type { Target } from "../target.ts";
import { CLIENT, store, storedUsers } from "./documents.ts";

export function pluginTests({ library, msal }: Target, test: OnCache): void {
  const pluginOn = async (cache: string) =>
    new library.PersistenceCachePlugin(await library.FilePersistence.create(cache));
  const cacheOf = (cachePlugin: PersistenceCachePlugin): TokenCache =>
    new msal.PublicClientApplication({ auth: { clientId: CLIENT }, cache: { cachePlugin } }).getTokenCache();
  const accountsOf = async (tokenCache: TokenCache) =>
    (await tokenCache.getAllAccounts()).map(({ localAccountId }) => localAccountId).sort();

  test("msal-node sees what is stored", async (cache) => {
    await store(cache, "ann", "bob");
    deepEqual(await accountsOf(cacheOf(await pluginOn(cache))), ["ann", "bob"]);
  });

  test("msal-node sees what another process has stored since", async (cache) => {
    const tokenCache = cacheOf(await pluginOn(cache));
    deepEqual(await accountsOf(tokenCache), []);
    await store(cache, "ann");
    deepEqual(await accountsOf(tokenCache), ["ann"]);
  });

  test("a sign-out in msal-node leaves the others' accounts, stored meanwhile, alone", async (cache) => {
    await store(cache, "ann", "bob");
    const tokenCache = cacheOf(await pluginOn(cache));
    const account = await tokenCache.getAccountByLocalId("ann");
    await store(cache, "ann", "bob", "cid");
    await tokenCache.removeAccount(account!);
    deepEqual(await storedUsers(cache), ["bob", "cid"]);
  });

  test("fifty readers at once, none of whom sees an empty cache", async (cache) => {
    await store(cache, "ann");
    const tokenCache = cacheOf(await pluginOn(cache));
    const seen = await Promise.all(Array.from({ length: 50 }, () => accountsOf(tokenCache)));
    deepEqual(new Set(seen.flat()), new Set(["ann"]));
    equal(seen.flat().length, 50);
  });

  test("writes only when it has the further locks too, and says which of them it waited for", async (cache, folder) => {
    const further = `${folder}/.lockfile`;
    const options = { alsoLock: [further], retryNumber: 3, retryDelay: 10 };
    const plugin = new library.PersistenceCachePlugin(await library.FilePersistence.create(cache), options);
    await store(cache, "ann", "bob");
    const tokenCache = cacheOf(plugin);
    const lock = new library.CrossPlatformLock(further);
    await lock.lock();
    await rejects(tokenCache.removeAccount((await tokenCache.getAccountByLocalId("ann"))!), {
      code: "lock_timeout",
      location: further,
    });
    deepEqual(await storedUsers(cache), ["ann", "bob"]);
    await lock.unlock();
    await tokenCache.removeAccount((await tokenCache.getAccountByLocalId("bob"))!);
    deepEqual(await storedUsers(cache), []);
    deepEqual(await readdir(folder), ["cache.json"]);
  });

  test("a cache that is too large is refused, and stays as it is", async (cache) => {
    await store(cache, "ann");
    const [persistence, maxBytes] = [await library.FilePersistence.create(cache), 10];
    const small = cacheOf(new library.PersistenceCachePlugin(persistence, { maxBytes }));
    await rejects(accountsOf(small), { code: "document_too_large" });
    deepEqual(await storedUsers(cache), ["ann"]);
  });

  test("so is one that no runtime could read into memory", async (cache) => {
    await writeFile(cache, "");
    await truncate(cache, 3 * 2 ** 30); // takes no room: it has no content but its length
    await rejects(accountsOf(cacheOf(await pluginOn(cache))), { code: "document_too_large", location: cache });
    equal((await stat(cache)).size, 3 * 2 ** 30);
  });

  test("the errors that reach msal-node's callers are typed", async (cache) => {
    const tokenCache = cacheOf(await pluginOn(cache));
    await mkdir(cache);
    await rejects(accountsOf(tokenCache), { name: "PersistenceError", code: "not_a_file" });
  });
}
