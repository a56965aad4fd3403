import { chmod, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { CompactEncrypt } from "jose";
import { describe, expect, test } from "vitest";
import {
  encryptPlainFile,
  FilePersistence,
  FilePersistenceWithKey,
  type LoggerOptions,
  PersistenceCachePlugin,
  type PersistenceError,
  type SuppliedKey,
  TokenCacheStore,
} from "../../hosts/node/index.ts";
import { CORE_LINK } from "../../hosts/shared/persistence/persistence.ts";
import { keepUndecryptable, recoverUndecryptable } from "../../hosts/shared/persistence/recovery.ts";
import { document, temporaryFolder } from "../plugin/fixtures.ts";

const folder = temporaryFolder();
const KEY = new Uint8Array(32).fill(7);
const OTHER = new Uint8Array(32).fill(8);
const path = () => folder.file("cache");
const create = (key: SuppliedKey = KEY, options?: LoggerOptions) => FilePersistenceWithKey.create(path(), key, options);

describe("the file", () => {
  test("is a compact JWE: dir, A256GCM", async () => {
    await (await create()).save("text");
    const [header = "", encryptedKey, ...rest] = (await readFile(path(), "utf8")).split(".");
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({ alg: "dir", enc: "A256GCM" });
    expect(encryptedKey).toBe("");
    expect(rest).toHaveLength(3);
  });

  test("the standard's other encryption of that key size is read", async () => {
    const jwe = new CompactEncrypt(Buffer.from("other")).setProtectedHeader({
      alg: "dir",
      enc: "A128CBC-HS256",
      kid: "12",
    });
    await writeFile(path(), await jwe.encrypt(KEY));
    expect(await (await create()).load()).toBe("other");
  });

  test("another algorithm is refused, even with the right key", async () => {
    const header = { alg: "A256KW", enc: "A256GCM" };
    await writeFile(path(), await new CompactEncrypt(Buffer.from("x")).setProtectedHeader(header).encrypt(KEY));
    await expect((await create()).load()).rejects.toMatchObject({ code: "unprotect_failed" });
  });
});

/** Commits ada's tokens. */
type Commit = (persistence: FilePersistenceWithKey) => Promise<unknown>;

async function commitByStore(persistence: FilePersistenceWithKey): Promise<void> {
  const store = await TokenCacheStore.open(persistence);
  await store.commit(undefined, JSON.stringify(document("ada")));
  await store.close();
}

async function commitByPlugin(persistence: FilePersistenceWithKey): Promise<void> {
  const plugin = new PersistenceCachePlugin(persistence);
  const context = { cacheHasChanged: true, tokenCache: memory() };
  await plugin.beforeCacheAccess(context);
  context.tokenCache.deserialize(JSON.stringify(document("ada")));
  await plugin.afterCacheAccess(context);
}

test.each<[string, Commit]>([
  ["a store", commitByStore],
  ["a plugin", commitByPlugin],
])("a key that does not come keeps nobody else from the cache: %s", async (_name, commit) => {
  const { askForKey, asked, give } = lateKey();
  const prompt = await TokenCacheStore.open(await create(), { lockTimeoutMs: 100 });
  const slow = commit(await create(askForKey));
  await asked;
  await prompt.commit(undefined, JSON.stringify(document("bob")));
  give();
  await slow;
  expect((await prompt.inspect()).entities.Account).toBe(2);
  await prompt.close();
});

test("nor from a plain cache that is being moved", async () => {
  const { askForKey, asked, give } = lateKey();
  const plain = await TokenCacheStore.open(await FilePersistence.create(path()), { lockTimeoutMs: 100 });
  await plain.commit(undefined, JSON.stringify(document("ada")));
  const moved = encryptPlainFile(path(), await create(askForKey));
  await asked;
  await plain.commit(undefined, JSON.stringify(document("bob")));
  give();
  expect(await moved).toBe(true);
  expect(Object.keys(JSON.parse((await (await create()).load()) ?? "{}").Account)).toHaveLength(2);
  await plain.close();
});

test("a plain cache is moved whatever blanks are before it: else its tokens stayed readable", async () => {
  await writeFile(path(), `${"\n".repeat(500)}${JSON.stringify(document("ada"))}`);
  const persistence = await create();
  expect(await encryptPlainFile(path(), persistence)).toBe(true);
  expect(JSON.parse((await persistence.load())!)).toEqual(document("ada"));
  expect(await readFile(path(), "utf8")).toMatch(/^eyJ/);
});

test("no key is asked for where there is no plain cache to move", async () => {
  const askForKey = () => Promise.reject(new Error("asked"));
  expect(await encryptPlainFile(folder.file("plain"), await create(askForKey))).toBe(false);
});

test.each<[string, Commit, string | undefined]>([
  ["a store", commitByStore, "unprotect_failed"],
  ["a plugin", commitByPlugin, undefined],
])("a key that does not fit is asked for once more, however often the core tries: %s", async (_name, commit, code) => {
  await (await create(OTHER)).save("theirs");
  let asked = 0;
  const persistence = await create(() => {
    asked += 1;
    return KEY;
  });
  const outcome = await commit(persistence).catch((error: unknown) => error);
  expect((outcome as PersistenceError | undefined)?.code).toBe(code);
  expect(asked).toBe(2);
});

test("a key that fails while a plain cache is being moved is an error that says whose, and the plain cache stays", async () => {
  const plain = folder.file("plain");
  await writeFile(plain, JSON.stringify(document("ada")));
  const moved = encryptPlainFile(plain, await create(() => Promise.reject(new Error("no route to the vault"))));
  await expect(moved).rejects.toMatchObject({ code: "key_unavailable", location: path() });
  expect(await readFile(plain, "utf8")).toBe(JSON.stringify(document("ada")));
});

test("what others could read of a plain cache until it was moved is reported", async () => {
  await writeFile(folder.file("plain"), JSON.stringify(document("ada")));
  await chmod(folder.file("plain"), 0o644);
  const log: string[] = [];
  const persistence = await create(KEY, { loggerCallback: (_level, line) => log.push(line) });
  expect(await encryptPlainFile(folder.file("plain"), persistence)).toBe(true);
  expect(log.join("\n")).toContain(`exposed_to_others: ${folder.file("plain")} was open`);
});

/** A key that comes when it is given, and not before. */
function lateKey() {
  let give = () => {};
  const key = new Promise<Uint8Array>((resolve) => {
    give = () => resolve(KEY);
  });
  let noteAsked = () => {};
  const asked = new Promise<void>((resolve) => {
    noteAsked = resolve;
  });
  const askForKey = () => {
    noteAsked();
    return key;
  };
  return { askForKey, asked, give };
}

describe("what cannot be decrypted", () => {
  test.each([
    ["another key", async () => (await create(OTHER)).save("secret text"), "unprotect_failed"],
    ["garbage", () => writeFile(path(), "garbage"), "unprotect_failed"],
    ["half a file", async () => writeFile(path(), await halfAFile()), "unprotect_failed"],
    ["plain text", () => writeFile(path(), JSON.stringify(document("ada"))), "not_encrypted"],
    ["plain text behind blanks", () => writeFile(path(), `\ufeff${" \n".repeat(500)}{"a":1}`), "not_encrypted"],
  ])("%s is a typed error that tells no secret, and stays as it is", async (_name, prepare, code) => {
    await prepare();
    const before = await readFile(path());
    const failure = await (await create()).load().catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "PersistenceError", code });
    expect(String((failure as Error).stack)).not.toContain("secret text");
    expect(await readFile(path())).toEqual(before);
  });

  test.each([
    ["white space", "  \t\r\n"],
    ["NULs, as after a power cut", "\0".repeat(500)],
    ["a byte order mark", "\ufeff"],
  ])("%s is nothing saved to a bare persistence, as it is to a store, and is not set aside", async (_name, blank) => {
    const persistence = await create();
    await writeFile(path(), blank);
    expect(await persistence.load()).toBeNull();
    expect((await (await TokenCacheStore.open(persistence)).load()).content).toBeUndefined();
    await persistence.save("text");
    expect([await persistence.load(), await readdir(folder.path)]).toEqual(["text", ["cache"]]);
  });

  const reason = new Error("no route to the vault");

  test.each<[string, SuppliedKey, string]>([
    ["it does not fit", KEY, "unprotect_failed"],
    ["it is none", () => new Uint8Array(3), "bad_key"],
    ["the vault fails", () => Promise.reject(reason), "key_unavailable"],
  ])("the error says where the cache is: %s", async (_name, key, code) => {
    await (await create(OTHER)).save("{}\n");
    const persistence = await create(key);
    const store = await TokenCacheStore.open(persistence);
    for (const fail of [() => persistence.load(), () => store.load(), () => store.commit(undefined, "{}")]) {
      const failure = await fail().catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: "PersistenceError", code, location: path() });
      expect((failure as PersistenceError).message).toContain(path());
      if (code === "key_unavailable") expect((failure as PersistenceError).cause).toBe(reason);
    }
    await store.close();
  });

  test.each([
    ["another key", async () => (await create(OTHER)).save("secret text")],
    ["garbage", () => writeFile(path(), "garbage")],
    ["plain text", () => writeFile(path(), JSON.stringify(document("ada")))],
  ])("%s is set aside by save, not written over", async (_name, prepare) => {
    await prepare();
    const before = await readFile(path());
    const log: string[] = [];
    const persistence = await create(KEY, { loggerCallback: (_level, line) => log.push(line) });
    await persistence.save("new");
    await persistence.save("newer");
    expect(await persistence.load()).toBe("newer");
    const [kept = "", ...others] = (await readdir(folder.path)).filter((name) => name.includes(".damaged-"));
    expect(await readFile(folder.file(kept))).toEqual(before);
    expect(others).toEqual([]);
    expect(log.join("\n")).toContain(kept);
  });

  test("is left alone by save when the vault fails: nobody knows whether it is damaged", async () => {
    await (await create()).save("kept");
    const persistence = await create(() => {
      throw new Error("no route to the vault");
    });
    await expect(persistence.save("new")).rejects.toMatchObject({ code: "key_unavailable" });
    expect(await readdir(folder.path)).toEqual(["cache"]);
    expect(await (await create()).load()).toBe("kept");
  });

  test("is left alone by save when the vault fails only then: it could have been decrypted", async () => {
    await (await create()).save("kept");
    let calls = 0;
    const persistence = await create(() => {
      calls += 1;
      if (calls === 1) throw new Error("no route to the vault");
      return KEY;
    });
    await expect(persistence.save("new")).rejects.toMatchObject({ code: "key_unavailable" });
    expect(await persistence.load()).toBe("kept");
    expect(await readdir(folder.path)).toEqual(["cache"]);
  });

  test("what save decrypts only to see whether it can be is filled with zeros", async () => {
    await (await create()).save("kept");
    const { capabilities } = (await create())[CORE_LINK]();
    const decrypted: Uint8Array[] = [];
    const unprotect = async (content: Uint8Array) => {
      decrypted.push(await capabilities.cipher!.unprotect(content));
      return decrypted[0]!;
    };
    await keepUndecryptable({ ...capabilities, cipher: { ...capabilities.cipher!, unprotect } }, new Uint8Array(1));
    expect(decrypted).toEqual([new Uint8Array("kept".length)]);
    expect(await readdir(folder.path)).toEqual(["cache"]);
  });

  test("does not make what is written next look like Go's", async () => {
    await (await create(OTHER)).save("secret text");
    const persistence = await create();
    await expect(persistence.load()).rejects.toMatchObject({ code: "unprotect_failed" });
    await persistence.save("text");
    const [header = ""] = (await readFile(path(), "utf8")).split(".");
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({ alg: "dir", enc: "A256GCM" });
  });

  test.each(["", "{}"])("%j, as the peers make, is an empty cache", async (content) => {
    await writeFile(path(), content);
    const persistence = await create();
    expect(await persistence.load()).toBeNull();
    await persistence.save("new");
    expect(await readdir(folder.path)).toEqual(["cache"]);
  });
});

describe("a plugin", () => {
  async function access(plugin: PersistenceCachePlugin, cacheHasChanged: boolean) {
    const context = { cacheHasChanged, tokenCache: memory() };
    await plugin.beforeCacheAccess(context);
    return context;
  }

  async function signIn(onUndecryptable?: "throw" | "setAside", user = "ada") {
    const log: string[] = [];
    const persistence = await create(KEY, { loggerCallback: (_level, line) => log.push(line) });
    const plugin = new PersistenceCachePlugin(persistence, onUndecryptable ? { onUndecryptable } : {});
    const context = await access(plugin, true);
    context.tokenCache.deserialize(JSON.stringify(document(user)));
    await plugin.afterCacheAccess(context);
    return { log, persistence, plugin };
  }

  test.each(["", "{}"])("takes %j, as the peers make, for an empty cache", async (content) => {
    await writeFile(path(), content);
    const { log, persistence, plugin } = await signIn();
    expect(await persistence.load()).toMatch(/ada@example/);
    expect(plugin.statistics.setAside).toBe(0);
    expect(await readdir(folder.path)).toEqual(["cache"]);
    expect(log.join("\n")).not.toMatch(/decrypt/);
  });

  test.each(["another key", "plain text"])("sets it aside and carries on: %s", async (what) => {
    if (what === "plain text") await writeFile(path(), JSON.stringify(document("eve")));
    else await (await create(OTHER)).save(JSON.stringify(document("eve")));
    const before = await readFile(path());
    const { log, persistence, plugin } = await signIn();
    expect(await persistence.load()).toMatch(/ada@example/);
    const kept = (await readdir(folder.path)).filter((name) => name.includes(".damaged-"));
    expect(kept).toHaveLength(1);
    expect(plugin.statistics).toMatchObject({ setAside: 1, salvaged: 0 });
    expect(await readFile(folder.file(kept[0]!))).toEqual(before);
    expect(log.join("\n")).toContain(kept[0]);
    expect(log.join("\n")).not.toMatch(/secret of/);
  });

  test("what a torn file held is put back by whoever knows it, even if a newcomer has written first", async () => {
    const knows = await signIn();
    const whole = await readFile(path());
    await writeFile(path(), whole.subarray(0, whole.length / 2));
    const newcomer = await signIn(undefined, "bob");
    const signedIn = async () => Object.keys(JSON.parse((await newcomer.persistence.load()) ?? "{}").Account);
    expect(await signedIn()).toHaveLength(1);
    await access(knows.plugin, false);
    await knows.plugin.afterCacheAccess(await access(knows.plugin, true)); // Shares the commit of what was put back.
    expect(await signedIn()).toHaveLength(2);
    expect((await readdir(folder.path)).filter((name) => name.includes(".damaged-"))).toHaveLength(1);
  });

  test("saves after somebody has removed what it could not decrypt", async () => {
    await (await create(OTHER)).save(JSON.stringify(document("eve")));
    const persistence = await create();
    const plugin = new PersistenceCachePlugin(persistence);
    await plugin.afterCacheAccess(await access(plugin, false));
    await rm(path());
    const context = await access(plugin, true);
    context.tokenCache.deserialize(JSON.stringify(document("ada")));
    await plugin.afterCacheAccess(context);
    expect(await persistence.load()).toContain("ada");
    expect(await readdir(folder.path)).toEqual(["cache"]);
  });

  test("a vault that fails is no try at decrypting", async () => {
    let vault: "up" | "down" = "up";
    const fetch = async () => {
      if (vault === "down") throw new Error("vault");
      return KEY;
    };
    await (await create(OTHER)).save(JSON.stringify(document("eve")));
    const { cipher } = recoverUndecryptable((await create(fetch))[CORE_LINK]().capabilities);
    const stored = await readFile(path());
    vault = "down";
    for (let tries = 0; tries < 5; tries += 1)
      await expect(async () => cipher!.unprotect(stored)).rejects.toMatchObject({ code: "key_unavailable" });
    vault = "up";
    for (let tries = 0; tries < 3; tries += 1)
      await expect(async () => cipher!.unprotect(stored)).rejects.toMatchObject({ code: "unprotect_failed" });
    expect(new TextDecoder().decode(await cipher!.unprotect(stored))).toContain("msal-extensions.salvaged");
  });

  test("gives up after four tries, and the next time after four again: a peer may be writing", async () => {
    await (await create(OTHER)).save(JSON.stringify(document("eve")));
    const { cipher } = recoverUndecryptable((await create())[CORE_LINK]().capabilities);
    const stored = await readFile(path());
    for (let times = 0; times < 2; times += 1) {
      for (let tries = 0; tries < 3; tries += 1)
        await expect(async () => cipher!.unprotect(stored)).rejects.toMatchObject({ code: "unprotect_failed" });
      expect(new TextDecoder().decode(await cipher!.unprotect(stored))).toContain("msal-extensions.salvaged");
    }
  });

  test("counts its tries anew once something could be decrypted", async () => {
    await (await create(OTHER)).save("theirs");
    const theirs = await readFile(path());
    await (await create()).save("ours");
    const ours = await readFile(path());
    const { cipher } = recoverUndecryptable((await create())[CORE_LINK]().capabilities);
    for (let times = 0; times < 2; times += 1) {
      for (let tries = 0; tries < 3; tries += 1)
        await expect(async () => cipher!.unprotect(theirs)).rejects.toMatchObject({ code: "unprotect_failed" });
      expect(new TextDecoder().decode(await cipher!.unprotect(ours))).toBe("ours");
    }
  });

  test("throws when told to, and changes nothing", async () => {
    await (await create(OTHER)).save("{}");
    const before = await readFile(path());
    await expect(signIn("throw")).rejects.toMatchObject({ code: "unprotect_failed" });
    expect(await readFile(path())).toEqual(before);
    expect(await readdir(folder.path)).toEqual(["cache"]);
  });
});

describe("the key", () => {
  test.each([
    ["given", (key: Buffer) => key],
    ["fetched", (key: Buffer) => async () => key],
  ])("%s is copied: its owner may wipe it, a Buffer too", async (_name, supplied) => {
    const key = Buffer.from(KEY);
    const persistence = await create(supplied(key));
    await persistence.save("one");
    key.fill(0);
    await persistence.save("two");
    expect(await (await create(KEY)).load()).toBe("two");
  });

  test.each([new Uint8Array(31), new Uint8Array(0), "a password" as unknown as Uint8Array])(
    "%s is refused",
    async (key) => {
      await expect(create(key)).rejects.toMatchObject({ code: "bad_key" });
      await expect((await create(() => key)).save("x")).rejects.toMatchObject({ code: "bad_key" });
    },
  );

  test("is fetched once, and again when it was rotated", async () => {
    const keys = [KEY, OTHER];
    const persistence = await create(() => keys.shift()!);
    await persistence.save("one");
    expect(await persistence.load()).toBe("one");
    expect(keys).toHaveLength(1);
    await (await create(OTHER)).save("two");
    expect(await persistence.load()).toBe("two");
    expect(keys).toHaveLength(0);
  });

  test("a vault that is down is not a damaged cache: an error, nothing set aside, and tried again", async () => {
    let down = true;
    const persistence = await create(() => {
      if (down) throw new Error("no route to the vault");
      return KEY;
    });
    await (await create()).save(JSON.stringify(document("eve")));
    const plugin = new PersistenceCachePlugin(persistence);
    const context = { cacheHasChanged: false, tokenCache: memory() };
    await expect(plugin.beforeCacheAccess(context)).rejects.toMatchObject({ code: "key_unavailable" });
    expect(await readdir(folder.path)).toEqual(["cache"]);
    down = false;
    await plugin.beforeCacheAccess(context);
    expect(context.tokenCache.serialize()).toMatch(/eve@example/);
  });
});

async function halfAFile(): Promise<Buffer> {
  await (await create()).save("secret text");
  const whole = await readFile(path());
  return whole.subarray(0, whole.length / 2);
}

/** The part of MSAL's token cache that a plugin sees. */
function memory() {
  let text = "{}";
  return {
    serialize: () => text,
    deserialize(cache: string) {
      text = cache;
    },
  };
}
