import { appendFile, stat, truncate, writeFile } from "node:fs/promises";
import { Logger } from "@azure/msal-node";
import { expect, it } from "vitest";
import { CrossPlatformLock } from "../../hosts/node/index.ts";
import { Bench, scopes, signedIn } from "./setup.ts";

it("garbage after the document: the sign-in survives, the original is kept", async () => {
  const bench = await Bench.create();
  const ann = await signedIn(bench.app(await bench.plugin()), "ann");
  await appendFile(bench.cache, '"garbage"}');

  const plugin = await bench.plugin();
  const result = await bench
    .app(plugin)
    .acquireTokenSilent({ account: ann, scopes: ["Mail.Read"], forceRefresh: true });

  expect(await bench.missing([result])).toEqual([]);
  expect(plugin.statistics).toMatchObject({ salvaged: 1, setAside: 1 });
});

it("a cache cut in half: the application that remembers the rest puts it back, by looking", async () => {
  const bench = await Bench.create();
  const plugin = await bench.plugin();
  const app = bench.app(plugin);
  const ann = await signedIn(app, "ann");
  for (const scope of scopes(6)) await app.acquireTokenSilent({ account: ann, scopes: [scope], forceRefresh: true });
  const whole = await bench.stored();
  await truncate(bench.cache, Math.floor((await stat(bench.cache)).size / 2));

  const found = await app.acquireTokenSilent({ account: ann, scopes: ["Scope.5"] });
  expect(found.fromCache).toBe(true);
  const stranger = bench.app(await bench.plugin());
  await app.acquireTokenSilent({ account: ann, scopes: ["Another"], forceRefresh: true });
  expect((await stranger.acquireTokenSilent({ account: ann, scopes: ["Scope.5"] })).fromCache).toBe(true);

  const now = await bench.stored();
  expect(Object.keys(now.AccessToken)).toEqual(expect.arrayContaining(Object.keys(whole.AccessToken)));
  expect(Object.keys(now.RefreshToken)).toEqual(Object.keys(whole.RefreshToken));
  expect(plugin.statistics.setAside).toBe(1);
});

it("a cache cut in half, touched first by an application that knows none of it: nothing is lost", async () => {
  const bench = await Bench.create();
  const app = bench.app(await bench.plugin());
  const ann = await signedIn(app, "ann");
  for (const scope of scopes(6)) await app.acquireTokenSilent({ account: ann, scopes: [scope], forceRefresh: true });
  const whole = await bench.stored();
  await truncate(bench.cache, Math.floor((await stat(bench.cache)).size / 2));

  const stranger = bench.app(await bench.plugin());
  await signedIn(stranger, "ben");
  await app.acquireTokenSilent({ account: ann, scopes: ["Another"], forceRefresh: true });

  const now = await bench.stored();
  for (const section of ["Account", "IdToken", "AccessToken", "RefreshToken"] as const) {
    expect(Object.keys(now[section])).toEqual(expect.arrayContaining(Object.keys(whole[section])));
  }
  expect(Object.keys(now.Account)).toHaveLength(2);
});

it("what is put back after a salvage never replaces what another process has put there meanwhile", async () => {
  const bench = await Bench.create();
  const app = bench.app(await bench.plugin());
  const ann = await signedIn(app, "ann");
  const whole = await bench.stored();
  const [key, token] = Object.entries(whole.RefreshToken)[0]!;
  const write = (document: object) =>
    writeFile(bench.cache, JSON.stringify({ ...document, "msal-extensions.salvaged": "0123456789abcdef" }));
  const holder = new CrossPlatformLock(`${bench.cache}.lockfile`, new Logger({ loggerCallback: () => {} }));

  // Somebody has salvaged the cache, without the refresh token. The application remembers it and wants to put it back;
  // its commit waits for the lock.
  await write({ ...whole, RefreshToken: {} });
  await holder.lock();
  await app.getTokenCache().getAllAccounts();
  // Meanwhile the holder has put it back, and redeemed it for its successor. Refresh tokens carry no time stamp.
  await write({ ...whole, RefreshToken: { [key]: { ...token, secret: "the successor" } } });
  await holder.unlock();

  await signedIn(app, "ben");
  expect((await bench.stored()).RefreshToken[key]?.secret).toBe("the successor");
  expect((await app.getTokenCache().getAllAccounts()).map(({ name }) => name)).toContain(ann.name);
});
