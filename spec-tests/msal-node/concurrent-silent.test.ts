import { expect, it } from "vitest";
import { Bench, scopes, settle, signedIn } from "./setup.ts";

const MANY = 200;

it("200 concurrent silent calls that need a refresh: all succeed, all tokens are in the file", {
  timeout: 60_000,
}, async () => {
  const bench = await Bench.create();
  const app = bench.app(await bench.plugin());
  const account = await signedIn(app, "ann");

  const { results, errors } = await settle(
    scopes(MANY).map((scope) => app.acquireTokenSilent({ account, scopes: [scope], forceRefresh: true })),
  );

  expect(errors).toEqual([]);
  expect(new Set(results.map((one) => one?.accessToken)).size).toBe(MANY);
  expect(await bench.missing(results)).toEqual([]);
});

it("200 concurrent silent calls with cached tokens: all succeed, from the cache", { timeout: 60_000 }, async () => {
  const bench = await Bench.create();
  const first = bench.app(await bench.plugin());
  const account = await signedIn(first, "ann");
  const wanted = scopes(MANY);
  await settle(wanted.map((scope) => first.acquireTokenSilent({ account, scopes: [scope], forceRefresh: true })));

  // The one that fetched them, and one that has not looked at the cache yet (msal-js issue 7909).
  for (const app of [first, bench.app(await bench.plugin())]) {
    const { results, errors } = await settle(
      wanted.map((scope) => app.acquireTokenSilent({ account, scopes: [scope] })),
    );
    expect(errors).toEqual([]);
    expect(results.filter((one) => !one?.fromCache)).toEqual([]);
    expect(new Set(results.map((one) => one?.accessToken)).size).toBe(MANY);
  }
});

it("the first access of a fresh application, many times at once", async () => {
  const bench = await Bench.create();
  const account = await signedIn(bench.app(await bench.plugin()), "ann");
  for (const calls of [2, 10, 50]) {
    const app = bench.app(await bench.plugin());
    const { errors } = await settle(
      Array.from({ length: calls }, (_, i) =>
        app.acquireTokenSilent({ account, scopes: ["User.Read"], correlationId: `call-${i}` }),
      ),
    );
    expect(errors).toEqual([]);
  }
});

it("200 concurrent tokens of an application for itself", { timeout: 60_000 }, async () => {
  const bench = await Bench.create();
  const app = bench.service(await bench.plugin());
  const calls = scopes(MANY).map((one) => app.acquireTokenByClientCredential({ scopes: [`https://${one}/.default`] }));
  const { results, errors } = await settle(calls);
  expect(errors).toEqual([]);
  expect(await bench.missing(results)).toEqual([]);
});

it("readers in a loop while writers save: nothing is lost, no reader fails", { timeout: 60_000 }, async () => {
  const bench = await Bench.create();
  const app = bench.app(await bench.plugin());
  const account = await signedIn(app, "ann");
  let writing = true;
  let reads = 0;
  const reader = async () => {
    for (; writing; reads++) {
      const result = await app.acquireTokenSilent({ account, scopes: ["User.Read"] });
      expect(result.fromCache).toBe(true);
    }
  };
  const written: Awaited<ReturnType<typeof app.acquireTokenSilent>>[] = [];
  const lane = async (name: string) => {
    for (let i = 0; i < 20; i++) {
      written.push(await app.acquireTokenSilent({ account, scopes: [`${name}.${i}`], forceRefresh: true }));
    }
  };
  const readers = [reader(), reader(), reader()];
  await Promise.all([lane("A"), lane("B"), lane("C")]).finally(() => {
    writing = false;
  });
  await Promise.all(readers);

  expect(reads).toBeGreaterThan(0);
  expect(written).toHaveLength(60);
  expect(await bench.missing(written)).toEqual([]);
});

it("two applications in a loop on one file, each with a plugin of its own: nothing is lost", {
  timeout: 60_000,
}, async () => {
  const bench = await Bench.create();
  const apps = [bench.app(await bench.plugin()), bench.app(await bench.plugin())];
  const results = await Promise.all(
    apps.map(async (app, n) => {
      const account = await signedIn(app, `user-${n}`);
      const acquire = (scope: string) => app.acquireTokenSilent({ account, scopes: [scope], forceRefresh: true });
      const mine = [];
      for (let i = 0; i < 15; i++) mine.push(...(await Promise.all([acquire(`Even.${i}`), acquire(`Odd.${i}`)])));
      return mine;
    }),
  );
  expect(results.flat()).toHaveLength(60);
  expect(await bench.missing(results.flat())).toEqual([]);
  expect(Object.keys((await bench.stored()).Account)).toHaveLength(2);
});
