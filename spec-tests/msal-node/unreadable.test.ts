import { mkdir, rename, rmdir } from "node:fs/promises";
import { expect, it } from "vitest";
import { Bench, signedIn } from "./setup.ts";

it("a refresh token that came while the cache could not be read is used, and stored, when it can be again", async () => {
  const bench = await Bench.create({ strict: true });
  const gate = bench.gatedNetwork();
  const ann = await signedIn(bench.app(await bench.plugin()), "ann");
  const app = bench.app(await bench.plugin(), undefined, gate.network);
  const refresh = () => app.acquireTokenSilent({ account: ann, scopes: ["Mail.Read"], forceRefresh: true });

  const first = refresh();
  await gate.reached;
  await rename(bench.cache, `${bench.cache}.away`);
  await mkdir(bench.cache);
  gate.open();
  await expect(first).rejects.toMatchObject({ code: "not_a_file" });
  await rmdir(bench.cache);
  await rename(`${bench.cache}.away`, bench.cache);

  const second = await refresh(); // with what the first was given: what was stored has been replaced by it
  expect(await bench.missing([second])).toEqual([]);
  expect(bench.authority.ledger.refusedRefreshTokens).toBe(0);
});
