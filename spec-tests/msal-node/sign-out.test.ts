import { readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { Bench, settle, signedIn } from "./setup.ts";

it("a sign-out in one application is seen by the other, and stays", async () => {
  const bench = await Bench.create();
  const [here, there] = [bench.app(await bench.plugin()), bench.app(await bench.plugin())];
  const ann = await signedIn(here, "ann");
  const ben = await signedIn(here, "ben");
  expect(await there.getTokenCache().getAllAccounts()).toHaveLength(2);

  await here.getTokenCache().removeAccount(ann);

  expect((await there.getTokenCache().getAllAccounts()).map(({ name }) => name)).toEqual(["ben"]);
  await expect(there.acquireTokenSilent({ account: ann, scopes: ["User.Read"] })).rejects.toThrow(/no_tokens_found/);
  // What the other one saves afterwards does not bring it back.
  await there.acquireTokenSilent({ account: ben, scopes: ["Mail.Read"], forceRefresh: true });
  const { Account, AccessToken, RefreshToken, IdToken } = await bench.stored();
  for (const section of [Account, AccessToken, RefreshToken, IdToken]) {
    expect(Object.values(section).filter((one) => one.home_account_id === ann.homeAccountId)).toEqual([]);
  }
  expect(Object.keys(Account)).toHaveLength(1);
});

it("a sign-out while another application refreshes: the refreshed tokens are not stored", async () => {
  const bench = await Bench.create();
  const here = bench.app(await bench.plugin());
  const gate = bench.gatedNetwork();
  const there = bench.app(await bench.plugin(), undefined, gate.network);
  const ann = await signedIn(here, "ann");

  const refresh = there.acquireTokenSilent({ account: ann, scopes: ["Mail.Read"], forceRefresh: true });
  await gate.reached;
  await here.getTokenCache().removeAccount(ann);
  gate.open();

  expect((await refresh).accessToken).not.toBe("");
  const { Account, AccessToken, RefreshToken } = await bench.stored();
  expect([Account, AccessToken, RefreshToken].map((section) => Object.keys(section))).toEqual([[], [], []]);
});

it("signing in again after a sign-out elsewhere is kept", async () => {
  const bench = await Bench.create();
  const [here, there] = [bench.app(await bench.plugin()), bench.app(await bench.plugin())];
  const ann = await signedIn(here, "ann");
  const ben = await signedIn(there, "ben");

  await here.getTokenCache().removeAccount(ann);
  const again = await signedIn(there, "ann");
  await here.acquireTokenSilent({ account: ben, scopes: ["Mail.Read"], forceRefresh: true });

  for (const app of [here, there]) {
    expect((await app.getTokenCache().getAllAccounts()).map(({ name }) => name).sort()).toEqual(["ann", "ben"]);
    const result = await app.acquireTokenSilent({ account: again, scopes: ["User.Read"] });
    expect(result.fromCache).toBe(true);
  }
});

it("signing in and out at once in two applications: the file parses and each account is there whole or not at all", async () => {
  const bench = await Bench.create();
  const [here, there] = [bench.app(await bench.plugin()), bench.app(await bench.plugin())];
  for (let round = 0; round < 10; round++) {
    const ann = await signedIn(here, "ann");
    const [, { errors }] = await Promise.all([
      here.getTokenCache().removeAccount(ann),
      settle([signedIn(there, "ben").then(() => null)]),
    ]);
    expect(errors).toEqual([]);
    const { Account, RefreshToken, IdToken } = await bench.stored();
    const homes = (section: object) => Object.values(section).map((one) => one.home_account_id);
    expect(homes(RefreshToken).sort()).toEqual(homes(Account).sort());
    expect(homes(IdToken).sort()).toEqual(homes(Account).sort());
    expect(homes(Account)).not.toContain(ann.homeAccountId);
  }
});

it("a sign-out removes an account that another application has stored in a spelling of its own", async () => {
  const bench = await Bench.create();
  await signedIn(bench.app(await bench.plugin()), "ann");
  const document = JSON.parse(await readFile(bench.cache, "utf8"));
  for (const account of Object.values(document.Account)) Object.assign(account as object, { tenantProfiles: null });
  await writeFile(bench.cache, JSON.stringify(document));

  const tokenCache = bench.app(await bench.plugin()).getTokenCache();
  const [ann] = await tokenCache.getAllAccounts();
  await tokenCache.removeAccount(ann!);

  const { Account, AccessToken, RefreshToken, IdToken } = await bench.stored();
  expect([Account, AccessToken, RefreshToken, IdToken]).toEqual([{}, {}, {}, {}]);
});
