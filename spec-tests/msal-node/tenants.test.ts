import type { AccountInfo, PublicClientApplication } from "@azure/msal-node";
import { expect, it } from "vitest";
import { Bench, signedIn } from "./setup.ts";

const tenant = (digit: number) => `${digit}d3f0c52-0000-4d8e-9a51-6f2b8c90e114`;

/** Tokens for a user in a tenant whose guest that user is. */
const asGuest = (app: PublicClientApplication, account: AccountInfo, tenantId: string) =>
  app.acquireTokenSilent({
    account,
    scopes: ["User.Read"],
    authority: `https://login.microsoftonline.com/${tenantId}`,
    forceRefresh: true,
  });

const tenantsIn = async (app: PublicClientApplication) =>
  (await app.getTokenCache().getAllAccounts()).map(({ tenantId }) => tenantId).sort();

it("a tenant that another application has added while the answer for one was on its way is kept", async () => {
  const bench = await Bench.create();
  const here = bench.app(await bench.plugin());
  const gate = bench.gatedNetwork();
  const there = bench.app(await bench.plugin(), undefined, gate.network);
  const ann = await signedIn(here, "ann");

  const slow = asGuest(there, ann, tenant(1));
  await gate.reached;
  await asGuest(here, ann, tenant(2));
  gate.open();
  await slow;

  const all = [ann.tenantId, tenant(1), tenant(2)].sort();
  for (const app of [here, there, bench.app(await bench.plugin())]) expect(await tenantsIn(app)).toEqual(all);
});

it("tenants that two applications add at once are all kept", async () => {
  const bench = await Bench.create();
  const apps = [bench.app(await bench.plugin()), bench.app(await bench.plugin())];
  const ann = await signedIn(apps[0]!, "ann");
  const guestOf = [1, 2, 3, 4, 5, 6].map(tenant);

  await Promise.all(guestOf.map((tenantId, n) => asGuest(apps[n % 2]!, ann, tenantId)));

  expect(await tenantsIn(bench.app(await bench.plugin()))).toEqual([...guestOf, ann.tenantId].sort());
});
