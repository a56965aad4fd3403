// Applications that are bundled into one file, as editors' extensions and many command-line tools are. They run
// where there is no node_modules.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandFor } from "../processes/commands.ts";
import { installTarball, run, WITHOUT_SIMD } from "./tarball.ts";

const folder = mkdtempSync(join(tmpdir(), "msal-extensions-bundled-"));
const source = join(folder, "application.mjs");
/**
 * Nothing of the package is here; but somebody has put what could be taken for the core two levels above each bundle.
 */
const elsewhere = mkdtempSync(join(tmpdir(), "msal-extensions-elsewhere-"));
const KEYRING = "@napi-rs/keyring";

const APPLICATION = `
  import { FilePersistenceWithKey, hostCapabilities, PersistenceCachePlugin } from "msal-extensions";

  const token = (secret) => ({ home_account_id: "", environment: "login.example.com", credential_type: "AccessToken",
    client_id: "client", realm: "realm", target: secret, secret, cached_at: "1", expires_on: "2", extended_expires_on: "2" });
  async function commit(secret) {
    const persistence = await FilePersistenceWithKey.create("cache.json", new Uint8Array(32));
    const plugin = new PersistenceCachePlugin(persistence);
    const document = JSON.stringify({ AccessToken: { [secret]: token(secret) } });
    const access = { cacheHasChanged: true, tokenCache: { text: "{}", deserialize() {}, serialize() { return this.text; } } };
    await plugin.beforeCacheAccess(access);
    access.tokenCache.text = document;
    await plugin.afterCacheAccess(access);
    return JSON.parse(await persistence.load());
  }

  async function main() {
    await commit("first");
    const { AccessToken } = await commit("second");
    console.log(JSON.stringify({ stored: Object.keys(AccessToken).sort(), lockKind: (await hostCapabilities()).lockKind }));
  }

  main();
`;

beforeAll(() => {
  installTarball(folder);
  writeFileSync(source, APPLICATION);
  for (const name of ["core.wasm", "core.portable.wasm"]) writeFileSync(join(elsewhere, name), "not the core");
});

afterAll(() => {
  for (const made of [folder, elsewhere]) rmSync(made, { recursive: true, force: true });
});

/** An empty folder, and a bundle in it. */
function outputIn(name: string, file: string): { readonly cwd: string; readonly output: string } {
  const cwd = join(elsewhere, name, "dist");
  mkdirSync(cwd, { recursive: true });
  return { cwd, output: join(cwd, file) };
}

function placeKoffi(cwd: string): void {
  mkdirSync(join(cwd, "node_modules"));
  for (const name of ["koffi", "@koromix"])
    symlinkSync(join(folder, "node_modules", name), join(cwd, "node_modules", name));
}

function outcomeOf(command: string, output: string, cwd: string): unknown {
  return JSON.parse(run(command, [output], cwd));
}

/** proper-lockfile is CommonJS, and what esbuild makes of that in a module wants a `require`. */
const REQUIRE = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;

async function bundleWithEsbuild(outfile: string, format: "esm" | "cjs", banner = REQUIRE): Promise<void> {
  const js = format === "esm" ? banner : "";
  const output = { format, outfile, banner: { js }, logLevel: "silent" } as const;
  await esbuild.build({ entryPoints: [source], bundle: true, platform: "node", ...output });
}

const FINE = { stored: ["first", "second"], lockKind: "P" };

describe("a bundled application", () => {
  it("of esbuild's, as a module", async () => {
    const { cwd, output } = outputIn("esm", "application.mjs");
    await bundleWithEsbuild(output, "esm");
    expect(outcomeOf(process.execPath, output, cwd)).toEqual(FINE);
  });

  it("of esbuild's that lacks a require is told so", async () => {
    const { cwd, output } = outputIn("no-require", "application.mjs");
    await bundleWithEsbuild(output, "esm", "");
    const said = `PersistenceError: proper-lockfile could not be loaded: Error: Dynamic require of "path" is not supported`;
    expect(() => run(process.execPath, [output], cwd)).toThrow(said);
  });

  it("of esbuild's, as CommonJS", async () => {
    const { cwd, output } = outputIn("cjs", "application.cjs");
    await bundleWithEsbuild(output, "cjs");
    expect(outcomeOf(process.execPath, output, cwd)).toEqual(FINE);
  });

  it.each(["mjs", "cjs"])("has kernel locks where koffi lies beside it (.%s)", async (extension) => {
    const { cwd, output } = outputIn(`koffi-${extension}`, `application.${extension}`);
    await bundleWithEsbuild(output, extension === "mjs" ? "esm" : "cjs");
    placeKoffi(cwd);
    expect(outcomeOf(process.execPath, output, cwd)).toEqual({ ...FINE, lockKind: "K" });
  });

  it("on a processor without SIMD is told so", async () => {
    const { cwd, output } = outputIn("portable", "application.cjs");
    await bundleWithEsbuild(output, "cjs");
    const said = "PersistenceError: This processor has no SIMD, and what it needs is not in the bundle";
    expect(() => run(process.execPath, [WITHOUT_SIMD, output], cwd)).toThrow(said);
  });

  it("of rolldown's, in chunks", async () => {
    const { cwd } = outputIn("rolldown", "application.js");
    const build = await rolldown({ input: source, platform: "node", external: /^node:/ });
    await build.write({ dir: cwd, format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" });
    await build.close();
    expect(outcomeOf(process.execPath, join(cwd, "application.mjs"), cwd)).toEqual(FINE);
  });

  it("of Bun's", async () => {
    const [bun] = await commandFor("bun");
    const { cwd, output } = outputIn("bun", "application.js");
    run(bun, ["build", "--target=bun", `--external=${KEYRING}`, `--outfile=${output}`, source], folder);
    expect(outcomeOf(bun, output, cwd)).toEqual({ ...FINE, lockKind: "K" });
  });

  it("of Bun's, for Node, looks for koffi where it is, not where it was made", async () => {
    const [bun] = await commandFor("bun");
    const { cwd, output } = outputIn("bun-for-node", "application.mjs");
    run(bun, ["build", "--target=node", `--outfile=${output}`, source], folder);
    expect(outcomeOf(process.execPath, output, cwd)).toEqual(FINE);
    placeKoffi(cwd);
    expect(outcomeOf(process.execPath, output, cwd)).toEqual({ ...FINE, lockKind: "K" });
  });

  it("of Bun's, as an executable", async () => {
    const [bun] = await commandFor("bun");
    const { cwd, output } = outputIn("executable", "application");
    run(bun, ["build", "--compile", `--external=${KEYRING}`, `--outfile=${output}`, source], folder);
    expect(JSON.parse(run(output, [], cwd))).toEqual({ ...FINE, lockKind: "K" });
  });
});
