import { expect, it } from "vitest";
import { Bench, SERVICE, scopes, settle, signedIn } from "./setup.ts";

it("several applications share one plugin: each sees what is its own, all of it is in the file", {
  timeout: 60_000,
}, async () => {
  const bench = await Bench.create();
  const plugin = await bench.plugin();
  const users = [bench.app(plugin), bench.app(plugin), bench.app(plugin, "another-client")];
  const services = [bench.service(plugin), bench.service(plugin, `${SERVICE}-2`)];

  const { results, errors } = await settle([
    ...users.flatMap((app, n) => {
      const account = signedIn(app, `user-${n}`);
      return scopes(20).map(async (scope) =>
        app.acquireTokenSilent({ account: await account, scopes: [scope], forceRefresh: true }),
      );
    }),
    ...services.flatMap((app) =>
      scopes(20).map((scope) => app.acquireTokenByClientCredential({ scopes: [`https://${scope}/.default`] })),
    ),
  ]);

  expect(errors).toEqual([]);
  expect(results).toHaveLength(100);
  expect(await bench.missing(results)).toEqual([]);
  expect(Object.keys((await bench.stored()).Account)).toHaveLength(3);
  expect(await users[0]!.getTokenCache().getAllAccounts()).toHaveLength(3);
});

it("applications that share a plugin see each other's sign-outs", async () => {
  const bench = await Bench.create();
  const plugin = await bench.plugin();
  const [one, two] = [bench.app(plugin), bench.app(plugin)];
  const ann = await signedIn(one, "ann");
  expect(await two.getTokenCache().getAllAccounts()).toHaveLength(1);
  await two.getTokenCache().removeAccount(ann);
  expect(await one.getTokenCache().getAllAccounts()).toEqual([]);
  expect((await bench.stored()).RefreshToken).toEqual({});
});
