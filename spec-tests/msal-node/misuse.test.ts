import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Logger, TokenCacheContext } from "@azure/msal-node";
import { expect, it } from "vitest";
import { CrossPlatformLock, PersistenceError } from "../../hosts/node/index.ts";
import { Bench, signedIn } from "./setup.ts";

const silent = new Logger({ loggerCallback: () => {} });

it("afterCacheAccess without beforeCacheAccess does nothing, to the lock of another holder either", async () => {
  const bench = await Bench.create();
  const plugin = await bench.plugin();
  const app = bench.app(plugin);
  await signedIn(app, "ann");
  const before = await readFile(bench.cache, "utf8");
  const holder = new CrossPlatformLock(`${bench.cache}.lockfile`, silent);
  await holder.lock();

  await plugin.afterCacheAccess(new TokenCacheContext(app.getTokenCache(), true));
  await plugin.afterCacheAccess(new TokenCacheContext(app.getTokenCache(), false));

  expect(existsSync(`${bench.cache}.lockfile`)).toBe(true);
  await holder.unlock();
  expect(await readFile(bench.cache, "utf8")).toBe(before);
});

it("afterCacheAccess called twice does nothing the second time", async () => {
  const bench = await Bench.create();
  const plugin = await bench.plugin();
  const app = bench.app(plugin);
  await signedIn(app, "ann");
  const context = new TokenCacheContext(app.getTokenCache(), true);
  await plugin.beforeCacheAccess(context);
  await plugin.afterCacheAccess(context);
  const before = await readFile(bench.cache, "utf8");
  await plugin.afterCacheAccess(context);
  expect(await readFile(bench.cache, "utf8")).toBe(before);
});

it("an error between before and after: the others go on, and what was saved before is there", async () => {
  const bench = await Bench.create();
  const plugin = await bench.plugin();
  const app = bench.app(plugin);
  const ann = await signedIn(app, "ann");

  // As msal-node does it: the error comes out, afterCacheAccess is called in `finally`.
  const context = new TokenCacheContext(app.getTokenCache(), true);
  await expect(async () => {
    try {
      await plugin.beforeCacheAccess(context);
      throw new Error("thrown by somebody else");
    } finally {
      await plugin.afterCacheAccess(context);
    }
  }).rejects.toThrow("thrown by somebody else");

  const result = await app.acquireTokenSilent({ account: ann, scopes: ["Mail.Read"], forceRefresh: true });
  expect(await bench.missing([result])).toEqual([]);
  expect(existsSync(`${bench.cache}.lockfile`)).toBe(false);
});

it("an error between before and after, and afterCacheAccess never called: neither this plugin nor another one hangs", {
  timeout: 20_000,
}, async () => {
  const bench = await Bench.create();
  const plugin = await bench.plugin({ holdLimitMs: 200 });
  const app = bench.app(plugin);
  const ann = await signedIn(app, "ann");

  for (const writes of [false, true])
    await plugin.beforeCacheAccess(new TokenCacheContext(app.getTokenCache(), writes));

  expect(existsSync(`${bench.cache}.lockfile`)).toBe(false);
  const other = bench.app(await bench.plugin());
  const elsewhere = await other.acquireTokenSilent({ account: ann, scopes: ["Files.Read"], forceRefresh: true });
  const here = await app.acquireTokenSilent({ account: ann, scopes: ["Mail.Read"], forceRefresh: true });
  expect(await bench.missing([here, elsewhere])).toEqual([]);
});

it("a commit that cannot be stored rejects with a code, and the next one includes what it held", async () => {
  const bench = await Bench.create();
  const plugin = await bench.plugin({ retryNumber: 5, retryDelay: 10 });
  const app = bench.service(plugin);
  const holder = new CrossPlatformLock(`${bench.cache}.lockfile`, silent);
  await holder.lock();

  const failed = await app.acquireTokenByClientCredential({ scopes: ["https://first/.default"] }).then(
    () => undefined,
    (error: unknown) => error,
  );
  await holder.unlock();
  expect(failed).toBeInstanceOf(PersistenceError);
  expect((failed as PersistenceError).code).toBe("lock_timeout");

  await app.acquireTokenByClientCredential({ scopes: ["https://second/.default"] });
  const targets = Object.values((await bench.stored()).AccessToken).map(({ target }) => target);
  expect(targets.sort()).toEqual(["https://first/.default", "https://second/.default"]);
});
