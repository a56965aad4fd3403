import { chmod, chown, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import {
  CrossPlatformLock,
  FilePersistence,
  FilePersistenceWithDataProtection,
  FilePersistenceWithKey,
  KernelKeyringPersistence,
  KeychainPersistence,
  LibSecretPersistence,
  type LoggerOptions,
  PersistenceError,
  type SecretName,
  TokenCacheStore,
} from "../../hosts/node/index.ts";
import { expandHome } from "../../hosts/shared/persistence/file-capabilities.ts";
import { installHost } from "../../hosts/shared/runtime/host.ts";
import { needs } from "../encryption/tools.ts";
import { createLock } from "../node/replaced-runtime.ts";
import { macrotask, temporaryFolder } from "../plugin/fixtures.ts";
import { EXT4, NFS } from "../support/file-system-types.ts";

const folder = temporaryFolder();

test("what save and delete have done survives a power cut: the file is synced, and its folder each time", async () => {
  const synced = vi.spyOn(nodeHost.runtime.fs, "fsync");
  onTestFinished(() => synced.mockRestore());
  const persistence = await FilePersistence.create(folder.file("cache.json"));
  await persistence.save("kept");
  expect(synced).toHaveBeenCalledTimes(2);
  await persistence.delete();
  expect(synced).toHaveBeenCalledTimes(3);
  await persistence.delete(); // there is nothing
  expect(synced).toHaveBeenCalledTimes(3);
});

describe("create", () => {
  test("rejects with a code where no file can be", async () => {
    await writeFile(folder.file("file"), "");
    const failure = await FilePersistence.create(join(folder.path, "file", "cache.json")).catch((error) => error);
    expect(failure).toMatchObject({ name: "PersistenceError", code: expect.any(String), cause: expect.any(Error) });
    await mkdir(folder.file("folder"));
    const persistence = await FilePersistence.create(folder.file("folder")).catch((error) => error);
    if (persistence instanceof FilePersistence)
      await expect(persistence.load()).rejects.toMatchObject({ name: "PersistenceError" });
  });

  test.each([
    ["a plain cache", (location: string) => FilePersistence.create(location)],
    ["a key", (location: string) => FilePersistenceWithKey.create(location, new Uint8Array(32))],
    ["the kernel keyring", (location: string) => KernelKeyringPersistence.create(location)],
    ["a lock", async (location: string) => new CrossPlatformLock(location)],
  ])("rejects what is no location: %s", async (_kind, create) => {
    for (const location of [undefined, null, 5, new URL("file:///tmp/cache.json")])
      await expect(create(location as never)).rejects.toMatchObject({ code: "invalid_location" });
  });

  const secret = (name: unknown) => LibSecretPersistence.createForItem(folder.file("cache"), name as SecretName);

  test.runIf(process.platform === "linux").each<[string, (name: never) => Promise<unknown>]>([
    ["a service", (name) => LibSecretPersistence.create(folder.file("cache"), name, "account")],
    ["an account", (name) => LibSecretPersistence.create(folder.file("cache"), "service", name)],
    ["an item", (name) => secret(name)],
    ["a schema", (schema) => secret({ schema, attributes: {} })],
    ["an attribute", (attribute) => secret({ schema: "schema", attributes: { attribute } })],
    ["a collection", (collection) => secret({ schema: "schema", attributes: {}, collection: collection ?? 5 })],
    ["a label", (label) => secret({ schema: "schema", attributes: {}, label: label ?? 5 })],
    ["a key", (name) => KernelKeyringPersistence.create(folder.file("cache"), name ?? 5)],
  ])("refuses the name of %s that is no text: handed to C it would end the process", async (_what, create) => {
    for (const name of [undefined, null, 5, {}, Symbol("name"), Object.create(null), "cut\0off"])
      await expect(create(name as never)).rejects.toMatchObject({ code: "bad_argument" });
  });

  test.runIf(process.platform === "linux")(
    "refuses an encoding that is none, what is kept as Base64 is no text, and attributes that are none",
    async () => {
      for (const encoding of ["Base64", "", 5, {}, Symbol("base64")])
        await expect(secret({ schema: "schema", attributes: {}, encoding })).rejects.toMatchObject({
          code: "bad_argument",
          message: expect.stringContaining('"text" or "base64"'),
        });
      for (const attributes of [5, Symbol("attributes"), { "cut\0off": "value" }])
        await expect(secret({ schema: "schema", attributes })).rejects.toMatchObject({ code: "bad_argument" });
      for (const encoding of ["text", "base64", undefined, null])
        await secret({ schema: "schema", attributes: {}, encoding });
    },
  );

  test("refuses what is no name of the keychain's, and no scope or entropy of DPAPI's", async () => {
    onTestFinished(() => installHost(nodeHost));
    const on = (platform: string) => installHost({ ...nodeHost, runtime: { ...nodeHost.runtime, platform } });
    on("darwin");
    const keychain = (...names: unknown[]) => KeychainPersistence.create(folder.file("cache"), ...(names as [string]));
    for (const name of [5, {}, Symbol("name"), "cut\0off"]) {
      await expect(keychain(name)).rejects.toMatchObject({ code: "bad_argument" });
      await expect(keychain("service", name)).rejects.toMatchObject({ code: "bad_argument" });
    }
    for (const given of [undefined, null]) await keychain(given, given);
    on("win32");
    const dpapi = (scope: unknown, entropy?: unknown) =>
      FilePersistenceWithDataProtection.create(folder.file("cache"), scope as "CurrentUser", entropy as string);
    for (const scope of ["localMachine", "", 1, {}, Symbol("scope")])
      await expect(dpapi(scope)).rejects.toMatchObject({ code: "bad_argument" });
    for (const entropy of [5, new Uint8Array(3), Symbol("entropy")])
      await expect(dpapi("CurrentUser", entropy)).rejects.toMatchObject({ code: "bad_argument" });
    for (const given of [undefined, null]) await dpapi(given, given);
  });

  test("expands ~ as Python does", () => {
    expect(expandHome("~")).toBe(homedir());
    expect(expandHome("~/x")).toBe(`${homedir()}/x`);
    for (const path of ["~other/x", "a~/x", "/~/x", "x"]) expect(expandHome(path)).toBe(path);
    onTestFinished(() => installHost(nodeHost));
    for (const platform of ["linux", "darwin", "win32"]) {
      installHost({ ...nodeHost, runtime: { ...nodeHost.runtime, platform } });
      expect(expandHome("~\\x")).toBe(platform === "win32" ? `${homedir()}\\x` : "~\\x");
    }
  });

  const unknownUser = () => {
    throw Object.assign(new Error("uv_os_homedir returned ENOENT"), { code: "ERR_SYSTEM_ERROR" });
  };

  test.each([
    ["of a user whom Node does not know", unknownUser],
    ["that is empty", () => ""],
    ["that is Deno's null", () => null],
  ])("rejects ~ for a home folder %s", async (_what, homeFolder) => {
    installHost({ ...nodeHost, homeFolder });
    onTestFinished(() => installHost(nodeHost));
    const created = FilePersistence.create("~/cache.json");
    const message = expect.stringMatching(/ ~\/cache\.json There is no home folder: set HOME\.$/);
    await expect(created).rejects.toMatchObject({ code: "invalid_location", location: "~/cache.json", message });
  });
});

/** Only root can give a folder away. */
describe.runIf(needs("the user root", process.getuid?.() === 0))("a folder that is somebody else's", () => {
  test("gets files of its own from root: a cache and a lock that its owner can open", async () => {
    const USER = 12345;
    await chown(folder.path, USER, USER);
    const ownerOf = async (name: string) => (await stat(folder.file(name))).uid;
    const store = await TokenCacheStore.open(folder.file("cache"));
    let ownerOfLock: number | undefined;
    await store.update(async () => {
      ownerOfLock = await ownerOf("cache.lockfile");
      return '{"Account":{"a":{}}}';
    });
    await store.commit(undefined, '{"Account":{"b":{}}}');
    await store.close();
    expect([ownerOfLock, await ownerOf("cache")]).toEqual([USER, USER]);
  });

  test("gets folders of its own from root, and leases", async () => {
    const USER = 12345;
    await chown(folder.path, USER, USER);
    const path = join(folder.path, "new", "folder", "cache");
    await (await FilePersistence.create(path)).save("token");
    const lock = createLock(`${path}.lockfile`, { kernelLocks: false });
    expect(await lock.create()).toBe(true);
    for (const made of [dirname(dirname(path)), dirname(path), path, `${path}.lockfile`, `${path}.lockfile.lock`])
      expect([made, (await stat(made)).uid]).toEqual([made, USER]);
    await lock.release();
  });

  test("gets no copy of what a link of theirs leads to", async () => {
    const USER = 12345;
    const theirs = join(folder.path, "with a link");
    const ofRoot = join(folder.path, "of root", "secret");
    for (const path of [theirs, dirname(ofRoot)]) await mkdir(path);
    await writeFile(ofRoot, "secret", { mode: 0o600 });
    await symlink(ofRoot, join(theirs, "cache"));
    await chown(theirs, USER, USER);
    await chown(folder.path, USER, USER);
    await chown(dirname(ofRoot), USER, USER); // and where the copy lies is theirs by now
    const store = await TokenCacheStore.open(join(theirs, "cache"));
    expect((await store.commit(undefined, '{"Account":{"a":{}}}')).setAside).toBe(true);
    await store.close();
    expect(await readdir(theirs)).toEqual(["cache"]);
    const [, copy = ""] = (await readdir(dirname(ofRoot))).sort();
    expect(await readFile(join(dirname(ofRoot), copy), "utf8")).toBe("secret");
    expect((await stat(join(dirname(ofRoot), copy))).uid).toBe(0);
  });

  test.each([
    ["plain", FilePersistence.create],
    ["encrypted", (path: string, log: LoggerOptions) => FilePersistenceWithKey.create(path, new Uint8Array(32), log)],
  ])("is reported at each opening of a %s cache", async (_kind, create) => {
    const lines: string[] = [];
    const loggerOptions = { loggerCallback: (_level: number, line: string) => lines.push(line) };
    const cache = join(folder.path, "theirs", "cache");
    await (await create(cache, loggerOptions)).save("token");
    await create(cache, loggerOptions);
    expect(lines).toEqual([]);
    await chown(join(folder.path, "theirs"), 12_345, 12_345);
    for (const count of [1, 2]) {
      await create(cache, loggerOptions);
      expect(lines).toHaveLength(count);
    }
    expect(lines[0]).toMatch(/exposed_to_others: .*theirs belongs to another user \(12345\)/);
  });
});

describe("a file that is not there for a moment, because it is being replaced", () => {
  /** NFS, on which that takes two steps. The file is back after so many pauses. */
  async function replaced(after: number) {
    const location = folder.file("replaced");
    const persistence = await FilePersistence.create(location);
    await persistence.save("kept");
    await rename(location, `${location}.away`);
    const type = vi.spyOn(nodeHost.runtime, "fileSystemType").mockReturnValue(NFS);
    let pauses = 0;
    const sleep = vi.spyOn(nodeHost.runtime.clock, "sleep").mockImplementation(async () => {
      pauses += 1;
      if (pauses === after) await rename(`${location}.away`, location);
    });
    onTestFinished(() => {
      type.mockRestore();
      sleep.mockRestore();
    });
    return { persistence, pauses: () => pauses };
  }

  test.runIf(process.platform === "linux").each([1, 2, 3])("is waited for: %i pauses", async (after) => {
    const { persistence, pauses } = await replaced(after);
    expect(await persistence.load()).toBe("kept");
    expect(pauses()).toBe(after);
  });

  test.runIf(process.platform === "linux")("is waited for no longer than three", async () => {
    const { persistence, pauses } = await replaced(4);
    expect(await persistence.load()).toBeNull();
    expect(pauses()).toBe(3);
  });

  test("is not waited for where it is replaced in one step", async () => {
    const { persistence, pauses } = await replaced(1);
    vi.mocked(nodeHost.runtime.fileSystemType).mockReturnValue(EXT4);
    expect(await persistence.load()).toBeNull();
    expect(pauses()).toBe(0);
  });
});

describe("verifyPersistence", () => {
  test("says why it does not work", async () => {
    const persistence = await FilePersistence.create(folder.file("any"));
    const trial = await persistence.createForPersistenceValidation();
    let deleted = false;
    persistence.createForPersistenceValidation = async () =>
      Object.assign(trial, {
        load: async () => "something else",
        delete: async () => {
          deleted = true;
          return FilePersistence.prototype.delete.call(trial);
        },
      });
    await expect(persistence.verifyPersistence()).rejects.toMatchObject({
      code: "persistence_not_verified",
      cause: expect.any(Error),
    });
    expect(deleted).toBe(true);
    expect(await readdir(folder.path)).toEqual([]);
  });
});

test.each([
  ["keeps no modes", null, /mode 644\)\. It still is: its file system keeps no modes\./],
  ["belongs to somebody else", { code: "EPERM" }, /mode 644\)\. It still is: it belongs to somebody else\./],
])(
  "a file that cannot be made private is reported at each opening: its file system or it %s",
  async (_what, refusal, text) => {
    const cache = folder.file("open to others");
    await writeFile(cache, "token", { mode: 0o644 });
    const changed = vi.spyOn(nodeHost.runtime.fs, "chmod");
    onTestFinished(() => changed.mockRestore());
    changed.mockImplementation((_path, _mode, done) => done(refusal && Object.assign(new Error("refused"), refusal)));
    for (let opening = 1; opening <= 2; opening += 1) {
      const lines: string[] = [];
      await FilePersistence.create(cache, { loggerCallback: (_level, line) => lines.push(line) });
      expect(lines).toEqual([expect.stringMatching(text)]);
    }
  },
);

test("a folder that others can change is reported where the cache is a link into it, too", async () => {
  const shared = join(folder.path, "shared");
  const cache = folder.file("link into it");
  await mkdir(shared);
  await chmod(shared, 0o777);
  await symlink(join(shared, "cache"), cache);
  const lines: string[] = [];
  await FilePersistence.create(cache, { loggerCallback: (_level, line) => lines.push(line) });
  expect(lines).toEqual([expect.stringMatching(/exposed_to_others: .* in .*shared \(mode 777\)/)]);
});

describe("the logger", () => {
  test("gets messages of the level asked for, in MSAL's form; one that throws does no harm", async () => {
    const lines: string[] = [];
    const persistence = await FilePersistence.create(folder.file("any"), {
      loggerCallback: (_level, message) => {
        lines.push(message);
        throw new Error("not our failure");
      },
      logLevel: 1,
    });
    await persistence.delete();
    persistence.getLogger().info("too detailed", "id");
    persistence.getLogger().warning("heard", "id");
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^\[.+ GMT\] : \[id\] : msal-extensions : Warning - heard$/);
  });

  test("an asynchronous one that fails does no harm either", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const fail = async () => {
      throw new Error("not our failure");
    };
    (await FilePersistence.create(folder.file("any"), { loggerCallback: fail })).getLogger().error("heard");
    await macrotask();
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe("verifyPersistence", () => {
  class Refusing extends FilePersistence {
    readonly error: Error;
    deletions = 0;

    constructor(error: Error) {
      super(folder.file("trial"));
      this.error = error;
    }

    override async save(): Promise<void> {
      throw this.error;
    }

    override async delete(): Promise<boolean> {
      this.deletions += 1;
      throw new Error("of the clearing away");
    }

    override createForPersistenceValidation(): Promise<this> {
      return Promise.resolve(this);
    }
  }

  test.each([
    ["a store that refuses is cleared of what was tried out", "permission_denied", 1],
    ["a store that does not answer is not waited for twice", "secret_store_unavailable", 0],
  ] as const)("%s, and what went wrong first is reported", async (_name, code, deletions) => {
    const refusing = new Refusing(new PersistenceError(code));
    await expect(refusing.verifyPersistence()).rejects.toMatchObject({
      code: "persistence_not_verified",
      cause: { code },
    });
    expect(refusing.deletions).toBe(deletions);
  });
});
