// A process that has run out of file descriptors for a while, on the built package: what it could not load then it
// must be able to do afterwards.
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { FilePersistenceWithKey, TokenCacheStore } from "../../hosts/node/index.ts";
import { findNodes } from "../../tools/runtimes.mjs";
import { document, temporaryFolder } from "../plugin/fixtures.ts";

const folder = temporaryFolder();
const library = JSON.stringify(import.meta.resolve("msal-extensions"));
const HELD = `
  const fs = require("node:fs");
  const held = [];
  const hold = () => { try { for (;;) held.push(fs.openSync("/dev/null")); } catch {} };
  const free = (count = held.length) => { for (const fd of held.splice(0, count)) fs.closeSync(fd); };
  const said = [];
  const attempt = async (work) => said.push(await work().then((value) => value ?? "done", (error) => error.code));
`;

const NODES = findNodes();
const isLinux = process.platform === "linux";

/** What the script has said, in a process of its own with 64 descriptors. */
function saidBy(node: string, script: string, flags: readonly string[] = [], before = ""): unknown {
  const text = `${HELD} ${before} import(${library}).then(async (library) => { ${script} console.log(JSON.stringify(said)); });`;
  const limited = ["-c", 'ulimit -n 64; exec "$0" "$@"', node, ...flags, "-e", text];
  return JSON.parse(execFileSync("sh", limited, { encoding: "utf8" }));
}

test.runIf(isLinux).each(NODES)(
  "to create an encrypted persistence then is a typed error, on $version",
  ({ path, version }) => {
    const is20 = version.startsWith("20.");
    const create = `library.FilePersistenceWithKey.create(${JSON.stringify(folder.file("later"))}, new Uint8Array(32))`;
    const said = saidBy(
      path,
      `hold();
     free(${is20 ? 2 : 0});
     await attempt(() => ${create});
     free();
     await attempt(() => ${create}.then(({ isEncrypted }) => isEncrypted));`,
    );
    // Node 20 never loads again what it could not read. Some others take a package for missing that they cannot open.
    const says = expect.stringMatching(/^(too_many_open_files|not_supported)$/);
    expect(said).toEqual(is20 ? ["too_many_open_files", "too_many_open_files"] : [says, true]);
  },
);

describe.runIf(isLinux).each(NODES)("without file descriptors for a while, on $version", ({ path: node }) => {
  const withFewDescriptors = (script: string, flags?: readonly string[], before?: string) =>
    saidBy(node, script, flags, before);

  test("an encrypted cache is read and written afterwards, and never taken for an empty one", async () => {
    const path = folder.file("encrypted");
    const persistence = await FilePersistenceWithKey.create(path, new Uint8Array(32).fill(7));
    await (await TokenCacheStore.open(persistence)).commit(undefined, JSON.stringify(document("ada")));
    const said = withFewDescriptors(`
      const { FilePersistenceWithKey, TokenCacheStore, PersistenceCachePlugin } = library;
      const persistence = await FilePersistenceWithKey.create(${JSON.stringify(path)}, new Uint8Array(32).fill(7));
      const plugin = new PersistenceCachePlugin(persistence);
      const tokenCache = { text: "{}", serialize() { return this.text; }, deserialize(text) { this.text = text; } };
      hold();
      free(2);
      await attempt(() => plugin.beforeCacheAccess({ tokenCache, cacheHasChanged: false }).then(() => tokenCache.text.includes("ada")));
      free();
      await attempt(() => plugin.beforeCacheAccess({ tokenCache, cacheHasChanged: false }).then(() => tokenCache.text.includes("ada")));
      const store = await TokenCacheStore.open(persistence);
      await attempt(() => store.commit(undefined, "{}").then(({ content }) => String(Buffer.from(content)).includes("ada")));`);
    expect(said).toEqual([true, true, true]);
  });

  test("the core is loaded afterwards", () => {
    const path = folder.file("any");
    const said = withFewDescriptors(`
      const { TokenCacheStore, CrossPlatformLock } = library;
      const commit = () => TokenCacheStore.open(${JSON.stringify(path)}).then((store) => store.commit(undefined, "{}")).then(() => undefined);
      const lock = new CrossPlatformLock(${JSON.stringify(`${path}.lockfile`)});
      hold();
      for (const work of [commit, () => lock.lock()]) await attempt(work);
      free();
      for (const work of [commit, () => lock.lock(), () => lock.unlock()]) await attempt(work);`);
    expect(said).toEqual(["too_many_open_files", "too_many_open_files", "done", "done", "done"]);
  });

  test("a lease can be taken afterwards", () => {
    const said = withFewDescriptors(
      `
      const store = await library.TokenCacheStore.open(${JSON.stringify(folder.file("leased"))});
      await store.load();
      hold();
      free(1); // which the lock file takes
      await attempt(() => store.commit(undefined, "{}"));
      free();
      await attempt(() => library.hostCapabilities().then(({ lockKind }) => lockKind));
      await attempt(() => store.commit(undefined, "{}").then(() => undefined));`,
      ["--no-addons"],
    );
    expect(said).toEqual(["too_many_open_files", "P", "done"]);
  });

  test("the keychain's package is loaded afterwards", () => {
    const said = withFewDescriptors(
      `
      Object.defineProperty(process, "platform", { value: "linux" }); // for the package, which is to find its binary
      const persistence = await library.KeychainPersistence.create(${JSON.stringify(folder.file("keychain"))});
      hold();
      await attempt(() => persistence.load());
      free();
      await attempt(() => persistence.load().then(() => "loaded", ({ message }) => message.includes("EMFILE") ? message : "loaded"));`,
      [],
      'Object.defineProperty(process, "platform", { value: "darwin" });',
    );
    expect(said).toEqual(["too_many_open_files", "loaded"]); // whatever it finds to keep items in here
  });

  test("kernel locks are had afterwards", () => {
    const path = folder.file("plain");
    const said = withFewDescriptors(`
      const store = await library.TokenCacheStore.open(${JSON.stringify(path)});
      await store.load();
      hold();
      await attempt(() => library.hostCapabilities());
      await attempt(() => store.clear());
      free();
      await attempt(() => library.hostCapabilities().then(({ lockKind }) => lockKind));
      await attempt(() => store.update(() => {
        said.push(fs.readdirSync(${JSON.stringify(folder.file("."))}).includes("plain.lockfile.lock"));
        return "{}";
      }).then(() => undefined));`);
    expect(said).toEqual(["too_many_open_files", "too_many_open_files", "K", false, "done"]);
  });
});
