// The packed tarball, installed by Yarn: it stays an archive, which only the functions of `node:fs` that Yarn patches
// can look into.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packTarball, run, WITHOUT_SIMD } from "./tarball.ts";

const YARN = createRequire(import.meta.url).resolve("@yarnpkg/cli-dist/bin/yarn.js");
const folder = mkdtempSync(join(tmpdir(), "msal-extensions-yarn-"));
const node = (...args: string[]) => run(process.execPath, args, folder);

/** As `yarn node` does it. */
const PATCHES = ["--require=./.pnp.cjs", "--experimental-loader=./.pnp.loader.mjs"];

const APPLICATION = `
  import { hostCapabilities, TokenCacheStore } from "msal-extensions";
  const store = await TokenCacheStore.open("cache/cache.json");
  const { added } = await store.commit(undefined, '{"Account":{"a":{"username":"ann"}}}');
  await store.close();
  const { lockKind } = await hostCapabilities();
  console.log(JSON.stringify({ added, lockKind }));
`;

beforeAll(() => {
  const settings = { enableTelemetry: false, globalFolder: "./yarn", npmMinimalAgeGate: 0 };
  writeFileSync(join(folder, ".yarnrc.yml"), JSON.stringify(settings));
  writeFileSync(join(folder, "package.json"), '{"private":true}');
  writeFileSync(join(folder, "yarn.lock"), "");
  writeFileSync(join(folder, "application.mjs"), APPLICATION);
  node(YARN, "add", `msal-extensions@file:${packTarball(folder)}`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ["", []],
  [", on a processor without SIMD", [WITHOUT_SIMD]],
])("works from an archive of Yarn's%s", (_where, flags) => {
  expect(JSON.parse(node(...PATCHES, ...flags, "application.mjs"))).toEqual({ added: 1, lockKind: "K" });
  rmSync(join(folder, "cache"), { recursive: true });
});
