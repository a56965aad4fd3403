import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Configuration, ICachePlugin, Logger as MsalLogger, LogLevel as MsalLogLevel } from "@azure/msal-node";
import { describe, expect, test } from "vitest";
import * as api from "../../hosts/node/index.ts";
import { temporaryFolder } from "../plugin/fixtures.ts";

type MsalLoggerOptions = NonNullable<NonNullable<Configuration["system"]>["loggerOptions"]>;

const run = promisify(execFile);
const folder = temporaryFolder();
const built = fileURLToPath(new URL("../../dist/bundles/node/index.js", import.meta.url));

/** What @azure/msal-node-extensions 5.6 exports, with the statics and methods of each, as far as plain files go. */
const PEER = {
  PersistenceCachePlugin: { statics: [], methods: ["beforeCacheAccess", "afterCacheAccess"] },
  FilePersistence: {
    statics: ["create"],
    methods: [
      "save",
      "saveBuffer",
      "load",
      "loadBuffer",
      "delete",
      "getFilePath",
      "reloadNecessary",
      "getLogger",
      "verifyPersistence",
      "createForPersistenceValidation",
    ],
  },
  Environment: {
    statics: [
      "getEnvironmentVariable",
      "getEnvironmentPlatform",
      "isWindowsPlatform",
      "isLinuxPlatform",
      "isMacPlatform",
      "isLinuxRootUser",
      "getUserRootDirectory",
      "getUserHomeDirOnWindows",
      "getUserHomeDirOnUnix",
    ],
    methods: [],
  },
} as const;

const OURS = [
  "BasePersistence",
  "CrossPlatformLock",
  "DataProtectionScope",
  "FilePersistenceWithDataProtection",
  "FilePersistenceWithKey",
  "PersistenceCreator",
  "buildEncryptedPersistence",
  "encryptPlainFile",
  "KernelKeyringPersistence",
  "KeychainPersistence",
  "LibSecretPersistence",
  "LogLevel",
  "Logger",
  "PersistenceError",
  "PersistenceNotFound",
  "TokenCacheStore",
  "hostCapabilities",
];

describe("names", () => {
  test("every one of the peer's, its arguments included, and ours", () => {
    const exports = new Map<string, unknown>(Object.entries(api));
    for (const [name, { statics, methods }] of Object.entries(PEER)) {
      const exported = exports.get(name) as Record<string, unknown> & { prototype: object };
      for (const method of statics) expect(exported[method], `${name}.${method}`).toBeTypeOf("function");
      for (const method of methods) expect(exported.prototype, `${name}#${method}`).toHaveProperty(method);
    }
    expect(api.FilePersistence.create).toHaveLength(2);
    expect(api.PersistenceCachePlugin).toHaveLength(2);
    expect(api.CrossPlatformLock).toHaveLength(3);
  });

  test("and no others", () => {
    expect(Object.keys(api).sort()).toEqual([...Object.keys(PEER), ...OURS].sort());
  });

  test("the plugin has the peer's fields", async () => {
    const path = folder.file("cache.json");
    const persistence = await api.FilePersistence.create(path);
    const plugin = new api.PersistenceCachePlugin(persistence, { retryNumber: 10, retryDelay: 5 });
    expect(plugin).toMatchObject({
      persistence,
      lastSync: 0,
      currentCache: null,
      lockFilePath: `${path}.lockfile`,
      statistics: {
        loads: 0,
        commits: 0,
        writes: 0,
        takeOvers: 0,
        salvaged: 0,
        setAside: 0,
        restarts: 0,
        longestWaitMs: 0,
      },
    });
  });

  test("MSAL's types and ours fit", () => {
    // Compiling is the test.
    const plugin = (given: api.PersistenceCachePlugin): ICachePlugin => given;
    const options = (given: MsalLoggerOptions): api.LoggerOptions => given;
    const logger = (given: MsalLogger): api.LoggerLike => given;
    const level = (given: MsalLogLevel): api.LogLevel => given;
    const callbacks: NonNullable<api.LoggerOptions["loggerCallback"]>[] = [
      (_: MsalLogLevel) => {},
      (_: api.LogLevel) => {},
      (_: number) => {},
    ];
    expect([plugin, options, logger, level, callbacks]).toHaveLength(5);
  });
});

describe("Environment", () => {
  test("says what the process's environment says", () => {
    const { Environment } = api;
    expect(Environment.getEnvironmentPlatform()).toBe(process.platform);
    expect(Environment.getEnvironmentVariable("A_VARIABLE_NOBODY_SETS")).toBe("");
    expect(Environment.homeEnvVar).toBe(process.env.HOME ?? "");
    expect(Environment.isLinuxRootUser()).toBe(process.getuid?.() === 0);
    if (process.env.HOME && process.platform !== "win32") {
      expect(Environment.getUserRootDirectory()).toBe(process.env.HOME);
    }
  });
});

/** Runs `script` in a process of its own and parses what it prints. */
async function inProcess(name: string, script: string): Promise<unknown> {
  await writeFile(folder.file(name), script);
  const { stdout } = await run(process.execPath, ["--no-warnings", folder.file(name)], { encoding: "utf8" });
  return JSON.parse(stdout);
}

describe("the built package", () => {
  test("importing it opens no file but its own modules, and loads nothing native", async () => {
    const touched = await inProcess(
      "import.mjs",
      `import fs from "node:fs";
       import { createRequire, syncBuiltinESMExports } from "node:module";
       const touched = [];
       for (const name of ["readFileSync", "openSync", "readFile", "open"]) {
         const real = fs[name];
         fs[name] = (path, ...rest) => {
           const text = String(path);
           if (!/[.](js|json)$/.test(text)) touched.push(text);
           return real(path, ...rest);
         };
       }
       syncBuiltinESMExports();
       const dlopen = process.dlopen;
       process.dlopen = (module, file, ...rest) => (touched.push(file), dlopen(module, file, ...rest));
       const compiled = WebAssembly.Module;
       WebAssembly.Module = class extends compiled { constructor(bytes) { touched.push("wasm"); super(bytes); } };
       const { FilePersistence } = await import(${JSON.stringify(built)});
       const loaded = Object.keys(createRequire(import.meta.url).cache);
       touched.push(...loaded.filter((file) => /koffi|proper-lockfile|msal-node/.test(file)));
       const onImport = [...touched];
       await FilePersistence.create(${JSON.stringify(folder.file("plain"))});
       console.log(JSON.stringify({ onImport, ofCreate: touched.filter((file) => /wasm|koffi|[.]node$/.test(file)) }));`,
    );
    expect(touched).toEqual({ onImport: [], ofCreate: [] });
  });

  test.each([
    ["was inspected", "await store.inspect();"],
    ["is about to be watched", "globalThis.stop = store.watch(() => {});"],
    ["was watched", "globalThis.stop = store.watch(() => {}); await store.load(); await pause();"],
  ])(
    "a store that %s and has been closed keeps nothing of a large cache, however long it is kept itself",
    async (_name, use) => {
      await writeFile(folder.file("large"), JSON.stringify({ theirs: "x".repeat(20_000_000) }));
      const { kept } = (await inProcess(
        "close.mjs",
        `import { setFlagsFromString } from "node:v8";
       import { runInNewContext } from "node:vm";
       import { TokenCacheStore } from ${JSON.stringify(built)};
       setFlagsFromString("--expose-gc");
       const external = () => (runInNewContext("gc")(), process.memoryUsage().external);
       const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
       const before = external();
       const store = await TokenCacheStore.open(${JSON.stringify(folder.file("large"))});
       ${use}
       await store.close();
       await pause();
       external(); // what a watcher of the file system has kept goes with the second
       await pause();
       console.log(JSON.stringify({ kept: external() - before, by: store.location }));`,
      )) as { kept: number };
      expect(kept).toBeLessThan(5_000_000);
    },
  );

  test("works where the global class of bytes is another realm's, as with vitest's jsdom", async () => {
    const result = await inProcess(
      "realm.mjs",
      `import { runInNewContext } from "node:vm";
       import { FilePersistenceWithKey, TokenCacheStore } from ${JSON.stringify(built)};
       globalThis.Uint8Array = runInNewContext("Uint8Array");
       const persistence = await FilePersistenceWithKey.create(${JSON.stringify(folder.file("realm"))}, Buffer.alloc(32));
       const store = await TokenCacheStore.open(persistence);
       await store.update(() => '{"Account":{"a":{"username":"ann"}}}');
       console.log(JSON.stringify(await store.accounts()));`,
    );
    expect(result).toEqual([{ username: "ann" }]);
  });

  test("can be required, and works", async () => {
    const result = await inProcess(
      "require.cjs",
      `const { FilePersistence, TokenCacheStore } = require(${JSON.stringify(built)});
       (async () => {
         const persistence = await FilePersistence.create(${JSON.stringify(folder.file("cache.json"))});
         const store = await TokenCacheStore.open(persistence);
         await store.commit(undefined, '{"Account":{"a":{"username":"ann"}}}');
         console.log(JSON.stringify(await store.accounts()));
       })();`,
    );
    expect(result).toEqual([{ username: "ann" }]);
  });
});
