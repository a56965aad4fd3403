import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import * as library from "../../hosts/node/index.ts";
import { LibSecretItem } from "../../hosts/shared/encryption/secret-stores/libsecret.ts";
import { LibSecretCalls, ServiceFailure } from "../../hosts/shared/encryption/secret-stores/libsecret-calls.ts";
import { build, missingFor } from "../family/setup.mjs";
import { document, temporaryFolder } from "../plugin/fixtures.ts";
import { compiled } from "../processes/child.ts";
import { persistenceContract } from "../suite/library/persistence-contract.ts";
import { nativeKinds } from "../suite/library/persistence-kinds.ts";
import { onCache } from "../suite/library-tests.ts";
import { hasGi, hasSecretService, type SecretServiceUnderTest, startSecretService } from "./secret-service.ts";
import { needs } from "./tools.ts";

const { LibSecretPersistence, TokenCacheStore } = library;

const run = promisify(execFile);
const folder = temporaryFolder();
const root = fileURLToPath(new URL("../../", import.meta.url));
const peers = (name: string) => fileURLToPath(new URL(`peers/${name}`, import.meta.url));
const create = (account = "account") => LibSecretPersistence.create(folder.file("cache"), "service", account);

describe.runIf(hasSecretService)("Secret Service", () => {
  let service: SecretServiceUnderTest;
  beforeAll(async () => {
    service = await startSecretService();
  });
  afterAll(() => service.stop());

  persistenceContract(library, nativeKinds(library).libsecret, onCache("contract", test));

  test("the event loop turns while the service works", async () => {
    const persistence = await create();
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await persistence.save("x".repeat(1_000_000));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    await persistence.delete();
  });

  test("accounts are kept apart", async () => {
    const [one, other] = [await create("one"), await create("other")];
    await one.save("1");
    expect(await other.load()).toBeNull();
    await one.delete();
  });

  test("an item is stored once and then overwritten: what else it is stays", async () => {
    const attributes = { service: "service", account: "overwritten" };
    const label = () => service.labelOf(attributes);
    const persistence = await create("overwritten");
    await persistence.save("first");
    expect(label()).toBe("service/overwritten");
    const name = { schema: "org.freedesktop.Secret.Generic", attributes, label: "renamed" };
    await (await LibSecretPersistence.createForItem(folder.file("cache"), name)).save("another's");
    await persistence.save("in place");
    expect([label(), await persistence.load()]).toEqual(["renamed", "in place"]);
    await persistence.delete();
  });

  test("an item that another has removed, or replaced, is saved again", async () => {
    const [persistence, another] = [await create(), await create()];
    for (const text of ["first", "in place"]) await persistence.save(text);
    await another.delete();
    await persistence.save("anew");
    expect(await another.load()).toBe("anew");
    await another.delete();
    await another.save("another's");
    await persistence.save("in place again");
    expect(await another.load()).toBe("in place again");
    expect(await another.delete()).toBe(true);
    expect(await persistence.load()).toBeNull();
  });

  test("an item that is removed between the search for it and the writing is stored anew", async () => {
    const [persistence, another] = [await create("raced"), await create("raced")];
    for (const text of ["first", "in place"]) await persistence.save(text);
    const attempt = LibSecretCalls.prototype.attempt;
    const race = vi.spyOn(LibSecretCalls.prototype, "attempt");
    let removed = false;
    race.mockImplementation(async function (this: LibSecretCalls, name, values, ...others) {
      if (values.includes("SetSecret")) {
        race.mockRestore();
        removed = await another.delete();
      }
      return attempt.call(this, name, values, ...others);
    });
    await persistence.save("anew");
    expect(removed).toBe(true);
    expect(await another.load()).toBe("anew");
    await persistence.delete();
  });

  test("saves at once leave one of them, whole", async () => {
    const persistence = await create();
    const texts = Array.from({ length: 20 }, (_, n) => `${n}`.repeat(10_000));
    await Promise.all(texts.map((text) => persistence.save(text)));
    expect(texts).toContain(await persistence.load());
    await persistence.delete();
  });

  test("a plain cache in the file's place is set aside, not written over", async () => {
    const plain = JSON.stringify(document("eve"));
    await writeFile(folder.file("cache"), plain);
    const persistence = await create();
    await persistence.save("new");
    const kept = (await readdir(folder.path)).find((name) => name.includes(".damaged-"));
    expect(await readFile(folder.file(kept ?? ""), "utf8")).toBe(plain);
    await persistence.delete();
  });

  test.each(["{}", JSON.stringify(document("bob"))])(
    "a file without an item, %s, is no obstacle to a commit",
    async (found) => {
      await writeFile(folder.file("cache"), found);
      const store = await TokenCacheStore.open(await create("no item"));
      await store.commit(undefined, JSON.stringify(document("ada")));
      expect(await store.accounts()).toHaveLength(1);
      await store.clear();
      await store.close();
      expect(await readdir(folder.path)).toHaveLength(found === "{}" ? 0 : 1); // what was plain is set aside
    },
  );

  test("an item without its file was written nobody knows when", async () => {
    const persistence = await create("no file");
    await persistence.save("kept");
    await rm(folder.file("cache"));
    expect(await persistence.load()).toBe("kept");
    expect(await persistence.reloadNecessary(Date.now())).toBe(true);
    await expect(persistence.timeLastModified()).rejects.toMatchObject({ code: "persistence_not_found" });
    expect(await persistence.delete()).toBe(true);
    expect(await persistence.reloadNecessary(0)).toBe(false);
  });

  test("an item that somebody has removed by hand is made again by the next commit", async () => {
    const persistence = await create("by hand");
    const store = await TokenCacheStore.open(persistence);
    await store.commit(undefined, JSON.stringify(document("ada")));
    const item = { schema: "org.freedesktop.Secret.Generic", attributes: { service: "service", account: "by hand" } };
    await new LibSecretItem(nodeHost, item).remove();
    for (const again of [store, await TokenCacheStore.open(persistence)]) {
      await again.commit(undefined, JSON.stringify(document("bob")));
      expect(await persistence.load()).toContain("bob");
    }
    await store.clear();
    await store.close();
  });

  test("encryptPlainFile where there is an item already: merged, and no plain copy is left", async () => {
    const persistence = await create("encrypt");
    await persistence.save(JSON.stringify(document("ada")));
    await writeFile(folder.file("cache"), JSON.stringify(document("bob")));
    expect(await library.encryptPlainFile(folder.file("cache"), persistence)).toBe(true);
    expect(Object.keys(JSON.parse((await persistence.load()) ?? "").Account)).toHaveLength(2);
    expect(await readdir(folder.path)).toEqual(["cache"]);
    expect(await readFile(folder.file("cache"), "utf8")).toBe("{}");
    await persistence.delete();
  });

  // libsecret's passwords would go to a file then, and other processes would never see it change.
  test.each(["file", "service", ""])("SECRET_BACKEND=%s: the item is the service's", async (SECRET_BACKEND) => {
    const [file, persistence] = [folder.file("passwords"), await create("backend")];
    const env = { ...process.env, SECRET_BACKEND, SECRET_FILE_TEST_PATH: file, SECRET_FILE_TEST_PASSWORD: "password" };
    const script = `
      const { LibSecretPersistence } = await import("msal-extensions");
      const persistence = await LibSecretPersistence.create(${JSON.stringify(folder.file("cache"))}, "service", "backend");
      for (const text of ["stored", "overwritten"]) await persistence.save(text);
      console.log(await persistence.load());`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { cwd: root, env });
    expect([stdout.trim(), await persistence.load()]).toEqual(["overwritten", "overwritten"]);
    expect(await persistence.delete()).toBe(true);
    expect(existsSync(file)).toBe(false);
  });

  test("loading and saving lose no memory, and leave no copy", { timeout: 60_000 }, async () => {
    const program = compiled("spec-tests/encryption/memory-program.js");
    const { stdout } = await run(process.execPath, ["--expose-gc", program, folder.file("cache")]);
    const { load, save } = JSON.parse(stdout) as { load: number; save: number };
    expect(load).toBeLessThan(20_000); // of a secret of 200,000 bytes: 500; 202,500 where the service's answer stays
    expect(save).toBeLessThan(20_000);
  });

  test("NUL is refused: the service keeps text that ends with it", async () => {
    await expect((await create()).save("a\0b")).rejects.toMatchObject({ code: "protect_failed" });
  });

  describe.runIf(hasGi)("a locked collection, and nobody who unlocks it", () => {
    afterEach(() => service.unlock());
    const locked = { name: "PersistenceError", code: "secret_store_locked" };

    test("is a typed error, not an empty cache; unlocked it is what it was", async () => {
      const persistence = await create();
      await persistence.save("kept");
      service.lock();
      await expect(persistence.load()).rejects.toMatchObject(locked);
      await expect(persistence.save("lost")).rejects.toMatchObject(locked);
      await expect(persistence.delete()).rejects.toMatchObject(locked);
      await expect(persistence.verifyPersistence()).rejects.toMatchObject({ cause: locked });
      service.unlock();
      expect(await persistence.load()).toBe("kept");
      await persistence.delete();
    });

    test("leaves the plugin's applications what they have, and gets what they add once it is unlocked", async () => {
      const persistence = await create();
      await persistence.save(JSON.stringify(document("ada")));
      const plugin = new library.PersistenceCachePlugin(persistence);
      let memory = "{}";
      const tokenCache = {
        serialize: () => memory,
        deserialize(text: string) {
          memory = text;
        },
      };
      const access = (cacheHasChanged: boolean) => ({ cacheHasChanged, tokenCache });
      await plugin.beforeCacheAccess(access(false));
      const writing = access(true);
      await plugin.beforeCacheAccess(writing);
      memory = JSON.stringify(document("ada", "bob"));
      service.lock();
      await expect(plugin.afterCacheAccess(writing)).rejects.toMatchObject(locked);
      await plugin
        .beforeCacheAccess(access(false))
        .catch(() => "if the version of the signal is too young to be trusted");
      const newcomer = new library.PersistenceCachePlugin(persistence);
      await expect(newcomer.beforeCacheAccess(access(false))).rejects.toMatchObject(locked);
      expect(memory).toMatch(/ada@.*bob@/s);
      service.unlock();
      const again = access(true);
      await plugin.beforeCacheAccess(again);
      await plugin.afterCacheAccess(again);
      expect(await persistence.load()).toMatch(/ada@.*bob@/s);
      await persistence.delete();
    });

    test("is not taken by buildEncryptedPersistence, which says so", async () => {
      service.lock();
      const log: string[] = [];
      const loggerOptions = { loggerCallback: (_level: number, line: string) => log.push(line) };
      const persistence = await library.buildEncryptedPersistence(folder.file("cache"), { loggerOptions });
      expect(persistence).toBeInstanceOf(library.KernelKeyringPersistence);
      expect(log.join("\n")).toMatch(/Not used: Secret Service.*locked/);
    });
  });

  test("a service that has ended and been started again is used again, by who used it before", async () => {
    const persistence = await create();
    await persistence.save("kept");
    for (const changed of ["once", "and once more"]) {
      service.restart();
      await persistence.save(changed);
      expect(await persistence.load()).toBe(changed);
      service.restart();
      expect(await persistence.load()).toBe(changed);
    }
    service.restart();
    expect(await persistence.delete()).toBe(true);
  });

  test("a service that did not answer in time when it was connected to is asked again", async () => {
    const persistence = await create();
    await persistence.save("kept");
    service.restart();
    const attempt = LibSecretCalls.prototype.attempt;
    const slow = vi.spyOn(LibSecretCalls.prototype, "attempt");
    slow.mockImplementation(async function (this: LibSecretCalls, name, ...others) {
      if (name === "secret_service_get_sync") throw new ServiceFailure("g-io-error-quark", 19, "cancelled after 20 s");
      return attempt.call(this, name, ...others);
    });
    try {
      await expect(persistence.load()).rejects.toMatchObject({ code: "secret_store_unavailable" });
    } finally {
      slow.mockRestore();
    }
    expect(await persistence.load()).toBe("kept");
    await persistence.delete();
  });

  test.runIf(hasGi)(
    "a service that has ended and comes back locked is a typed error, and nothing is lost",
    async () => {
      const persistence = await create();
      await persistence.save("kept");
      service.kill();
      await expect(persistence.load()).rejects.toMatchObject({ code: "secret_store_locked" });
      await expect(persistence.save("lost")).rejects.toMatchObject({ code: "secret_store_locked" });
      service.unlock();
      expect(await persistence.load()).toBe("kept");
      await persistence.delete();
    },
  );

  const hasKeytar = needs(
    "keytar (peers/setup.sh)",
    existsSync(peers("node_modules/keytar/build/Release/keytar.node")),
  );
  describe.runIf(hasKeytar)("keytar", () => {
    const keytar = (...argv: string[]) => [process.execPath, [peers("keytar-peer.cjs"), ...argv]] as const;

    test("reads what is saved here", async () => {
      const persistence = await create();
      for (const text of ["first", "in place", '{"from":"here"}']) await persistence.save(text);
      expect((await run(...keytar("get", "service", "account"))).stdout).toBe('{"from":"here"}');
      await persistence.delete();
      expect((await run(...keytar("get", "service", "account"))).stdout).toBe("");
    });

    test("saves what is read here", async () => {
      execFileSync(...keytar("set", "service", "account"), { input: '{"from":"keytar"}' });
      const persistence = await create();
      expect(await persistence.load()).toBe('{"from":"keytar"}');
      await persistence.delete();
    });
  });

  const NAME = {
    schema: "com.example.my-application.tokens",
    attributes: {
      MsalClientID: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
      "Microsoft.Developer.IdentityService": "1.0.0.0",
    },
    encoding: "base64",
  } as const;
  const named = [NAME.schema, ...Object.entries(NAME.attributes).flat()];

  /** @param peer the command that saves or loads the item of that name */
  function sharesItemsWith(peer: (verb: "save" | "load") => readonly [string, string[]]): void {
    const item = () => LibSecretPersistence.createForItem(folder.file("cache"), NAME);

    test("loads what is saved here", async () => {
      const persistence = await item();
      for (const text of ["first", "in place", '{"from":"here, é"}']) await persistence.save(text);
      expect((await run(...peer("load"))).stdout).toBe('{"from":"here, é"}');
      expect((await readdir(folder.path)).length).toBe(1);
      await persistence.delete();
    });

    test("saves what is loaded here", async () => {
      execFileSync(...peer("save"), { input: '{"from":"the peer, é"}' });
      const persistence = await item();
      expect(await persistence.load()).toBe('{"from":"the peer, é"}');
      await persistence.delete();
    });
  }

  describe.runIf(hasGi)("an item as .NET has it", () => {
    sharesItemsWith((verb) => ["/usr/bin/python3", [peers("dotnet_item.py"), verb, ...named]]);

    test("that is no Base64 is a typed error that does not tell it", async () => {
      const { encoding: _encoding, ...text } = NAME;
      await (await LibSecretPersistence.createForItem(folder.file("cache"), text)).save("secret!");
      const persistence = await LibSecretPersistence.createForItem(folder.file("cache"), NAME);
      const failure = await persistence.load().catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: "PersistenceError", code: "unprotect_failed" });
      expect(String((failure as Error).stack)).not.toContain("secret!");
      await persistence.delete();
    });
  });

  const hasJava = needs("a JDK, maven", missingFor("java").length === 0);
  describe.runIf(hasJava)("Java's KeyRingAccessor", () => {
    beforeAll(() => build(["java"]), 300_000);
    const libraries = fileURLToPath(new URL("../../.family/java/lib/*", import.meta.url));
    sharesItemsWith((verb) => [
      "java",
      ["-XX:TieredStopAtLevel=1", "-cp", libraries, peers("JavaItem.java"), verb, folder.file("cache"), ...named],
    ]);
  });

  const hasPython = needs("Python's msal-extensions (peers/setup.sh)", existsSync(peers("python/msal_extensions")));
  describe.runIf(hasPython)("Python's LibsecretPersistence", () => {
    const env = () => ({ ...process.env, PYTHONPATH: peers("python") });
    const python = (verb: string) =>
      ["/usr/bin/python3", [peers("libsecret_peer.py"), verb, folder.file("cache")]] as const;
    const located = () =>
      LibSecretPersistence.createForItem(folder.file("cache"), {
        schema: createHash("sha256").update(folder.file("cache")).digest("hex"),
        attributes: {},
      });

    test("loads what is saved here", async () => {
      const persistence = await located();
      for (const text of ["first", "in place", '{"from":"here"}']) await persistence.save(text);
      expect((await run(...python("load"), { env: env() })).stdout).toBe('{"from":"here"}');
      await persistence.delete();
    });

    test("saves what is loaded here, and touches the file", async () => {
      execFileSync(...python("save"), { env: env(), input: '{"from":"Python"}' });
      const persistence = await located();
      expect(await persistence.reloadNecessary(0)).toBe(true);
      expect(await persistence.load()).toBe('{"from":"Python"}');
      await persistence.delete();
    });
  });
});

describe("without a session bus", () => {
  test("a typed error, at once", async () => {
    const script = `
      const { LibSecretPersistence } = await import("msal-extensions");
      const persistence = await LibSecretPersistence.create(${JSON.stringify(folder.file("cache"))}, "s", "a");
      console.log(await persistence.verifyPersistence().catch((error) => error.code + " " + error.cause.code));`;
    const { DBUS_SESSION_BUS_ADDRESS: _bus, XDG_RUNTIME_DIR: _folder, DISPLAY: _display, ...env } = process.env;
    const argv = ["--input-type=module", "-e", script];
    const { stdout } = await run(process.execPath, argv, { cwd: root, env, timeout: 10_000 });
    expect(stdout.trim()).toBe("persistence_not_verified secret_store_unavailable");
  });
});
