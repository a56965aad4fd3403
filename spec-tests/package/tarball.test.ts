// The packed tarball, as a user has it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findNodes } from "../../tools/runtimes.mjs";
import { commandFor } from "../processes/commands.ts";
import { installTarball, root, run as runIn, WITHOUT_SIMD } from "./tarball.ts";

const folder = mkdtempSync(join(tmpdir(), "msal-extensions-tarball-"));
const run = (command: string, args: readonly string[], cwd = folder) => runIn(command, args, cwd);

/** Those that have the permission model. A platform without packages of them skips what needs one. */
const PERMITTING = findNodes(22);

beforeAll(() => installTarball(folder));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ROUND_TRIP = `
  const persistence = await FilePersistence.create("cache/cache.json");
  await persistence.save("text");
  if ((await persistence.load()) !== "text") throw new Error("not what was saved");
  const lock = new CrossPlatformLock("cache/cache.json.lockfile");
  await lock.lock();
  await lock.unlock();
  await persistence.delete();
  console.log("fine");
`;

describe("the packed tarball", () => {
  it("is imported", () => {
    writeFileSync(
      join(folder, "import.mjs"),
      `import { CrossPlatformLock, FilePersistence } from "msal-extensions";${ROUND_TRIP}`,
    );
    expect(run(process.execPath, ["import.mjs"]).trim()).toBe("fine");
  });

  it("is imported by Bun", async () => {
    const [bun] = await commandFor("bun");
    expect(run(bun, ["import.mjs"]).trim()).toBe("fine");
  });

  it("is imported by Deno, which needs no permission but for the cache's folder", async () => {
    const [deno] = await commandFor("deno");
    const narrow = ["run", "--no-prompt", "--allow-read=cache", "--allow-write=cache"];
    expect(run(deno, [...narrow, "import.mjs"]).trim()).toBe("fine");
  });

  it.each([
    [["--allow-read=cache"], "--allow-write"],
    [["--allow-write=cache"], "--allow-read"],
    [["--allow-read", "--allow-write"], "--allow-sys", "~/cache/new.json"],
  ])("with %s alone a typed error names the flag that is missing", async (flags, missing, path = "cache/new.json") => {
    const [deno] = await commandFor("deno");
    const source = `import { FilePersistence } from "msal-extensions";
      try { const p = await FilePersistence.create("${path}"); await p.save("text"); await p.load(); }
      catch (error) { console.log(error.name, error.code, error.message); }`;
    writeFileSync(join(folder, "denied.mjs"), source);
    const said = run(deno, ["run", "--no-prompt", ...flags, "denied.mjs"]);
    expect(said).toMatch(/^PersistenceError permission_denied .*cache.new\.json/);
    expect(said).toContain(`Run it again with ${missing}.`);
  });

  it("takes the portable build where there is no SIMD", () => {
    const onOldProcessor = () => run(process.execPath, [WITHOUT_SIMD, "import.mjs"]).trim();
    expect(onOldProcessor()).toBe("fine");
    rmSync(join(folder, "node_modules/msal-extensions/dist/core.portable.wasm"));
    expect(onOldProcessor).toThrow("This processor has no SIMD");
  });

  it("is required", () => {
    const body = `const { CrossPlatformLock, FilePersistence } = require("msal-extensions"); (async () => {${ROUND_TRIP}})();`;
    writeFileSync(join(folder, "require.cjs"), body);
    expect(run(process.execPath, ["require.cjs"]).trim()).toBe("fine");
  });

  it("works without its optional dependency", () => {
    rmSync(join(folder, "node_modules", "koffi"), { recursive: true });
    expect(run(process.execPath, ["import.mjs"]).trim()).toBe("fine");
  });

  it("is imported where there is no WebAssembly, and says so where that is needed", () => {
    const source = `import { FilePersistence, TokenCacheStore } from "msal-extensions";
      const persistence = await FilePersistence.create("cache/jitless.json");
      await persistence.save("text");
      await TokenCacheStore.open(persistence).catch((error) => console.log(error.name, error.code, error.message));`;
    writeFileSync(join(folder, "jitless.mjs"), source);
    const said = "PersistenceError not_supported There is no WebAssembly in this process (--jitless?).";
    expect(run(process.execPath, ["--jitless", "jitless.mjs"]).trim()).toBe(said);
  });

  describe.each(PERMITTING)("under the permissions of Node.js $version", ({ path: node }) => {
    const flags = (writable: string) => [
      "--permission",
      "--allow-fs-read=*",
      `--allow-fs-write=${join(folder, writable)}`,
    ];

    it("needs none but for the cache's folder", () => {
      expect(run(node, [...flags("cache"), "import.mjs"]).trim()).toBe("fine");
    });

    it("is told by a typed error which one is missing", () => {
      const source = `import { FilePersistence } from "msal-extensions";
        const saved = FilePersistence.create("cache/new.json").then((persistence) => persistence.save("text"));
        await saved.catch((error) => console.log(error.name, error.code, error.message));`;
      writeFileSync(join(folder, "permitted.mjs"), source);
      const said = run(node, [...flags("elsewhere"), "permitted.mjs"]);
      expect(said).toMatch(/^PersistenceError permission_denied Node\.js was not permitted .*cache.new\.json/);
      expect(said).toContain("Run it again with --allow-fs-write.");
      expect(readdirSync(join(folder, "cache")).filter((name) => name.includes("new.json"))).toEqual([]);
    });
  });

  it("has types that a strict project accepts", () => {
    const source = `
      import { FilePersistence, PersistenceCachePlugin, PersistenceError, TokenCacheStore } from "msal-extensions";
      const persistence = await FilePersistence.create("cache.json");
      export const plugin: PersistenceCachePlugin = new PersistenceCachePlugin(persistence);
      export const store: TokenCacheStore = await TokenCacheStore.open("cache.json");
      export const code = (error: PersistenceError): string => error.code;
    `;
    writeFileSync(join(folder, "types.mts"), source);
    const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
    const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2023"];
    expect(run(process.execPath, [tsc, ...flags, "types.mts"])).toBe("");
  });

  it("is found by TypeScript with `module: commonjs`, which until 5.9 looks for no exports", () => {
    const { main, types, exports } = JSON.parse(
      readFileSync(join(folder, "node_modules/msal-extensions/package.json"), "utf8"),
    );
    expect({ types, default: main }).toEqual({ types: exports["."].types, default: exports["."].default });
  });

  it("brings the command msal-cache", () => {
    writeFileSync(join(folder, "sound.json"), '{"AccessToken":{}}');
    const command = (...args: string[]) => run(join(folder, "node_modules", ".bin", "msal-cache"), args);
    expect(command("verify", "sound.json")).toBe("ok\n");
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(command("--version")).toBe(`${version}\n`);
  });

  it("holds no sources, tests or machine's leftovers", () => {
    const files = readdirSync(join(folder, "node_modules", "msal-extensions"), { recursive: true }).map(String);
    expect(files.filter((name) => /spec-tests|demo|bench|(?<!\.d)\.ts$|\.debug\./.test(name))).toEqual([]);
  });

  it("is one file a host, and the command; and the core for those who bundle it", () => {
    const files = readdirSync(join(folder, "node_modules", "msal-extensions"), { recursive: true }).map(String);
    const hosts = ["bun", "deno", "node"].map((name) => `${name}/index.js`);
    const others = ["bun/core-bytes.js", "node/core-bytes.js", "node/msal-cache.js"];
    expect(files.filter((name) => /\.[cm]?js$/.test(name)).sort()).toEqual(
      [...hosts, ...others].map((name) => `dist/bundles/${name}`).sort(),
    );
  });

  it("reads the core from its file, not from the copy for those who bundle it", async () => {
    const [bun] = await commandFor("bun");
    for (const name of ["bun", "node"])
      rmSync(join(folder, `node_modules/msal-extensions/dist/bundles/${name}/core-bytes.js`));
    expect(run(process.execPath, ["import.mjs"]).trim()).toBe("fine");
    expect(run(bun, ["import.mjs"]).trim()).toBe("fine");
  });
});

it("the sources are what Deno's registry accepts", { timeout: 60_000 }, async () => {
  const [deno] = await commandFor("deno");
  expect(() => run(deno, ["publish", "--dry-run", "--allow-dirty", "--quiet"], root)).not.toThrow();
});
