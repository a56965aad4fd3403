// What is no argument, or no option: the defaults, or a PersistenceError that names what is wrong. Never
// a TypeError, and never silence.
import { runInNewContext } from "node:vm";
import { expect, onTestFinished, test } from "vitest";
import {
  buildEncryptedPersistence,
  CrossPlatformLock,
  FilePersistence,
  FilePersistenceWithKey,
  KernelKeyringPersistence,
  LibSecretPersistence,
  Logger,
  PersistenceCachePlugin,
  PersistenceCreator,
  TokenCacheStore,
} from "../../hosts/node/index.ts";
import { temporaryFolder } from "../plugin/fixtures.ts";

const folder = temporaryFolder();
const cache = () => folder.file("cache");
const lockFile = () => folder.file("cache.lockfile");
const key = new Uint8Array(32);
const plain = () => FilePersistence.create(cache());

type Attempt = (given: never) => Promise<unknown>;

async function locked(lock: CrossPlatformLock): Promise<void> {
  await lock.lock();
  await lock.unlock();
}

const codeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => "accepted",
    (error: unknown) => (error as { name: string; code?: string }).code ?? `${error}`,
  );

const OPTIONS: [string, Attempt][] = [
  ["a Logger", async (given) => new Logger(given)],
  ["the logger of a plain cache", (given) => FilePersistence.create(cache(), given)],
  ["a plain cache", async (given) => (await FilePersistence.create(cache(), undefined, given)).save("text")],
  ["a cache with a key", (given) => FilePersistenceWithKey.create(cache(), key, given)],
  ["a cache with a key of any kind", (given) => buildEncryptedPersistence(cache(), given)],
  ["a plugin", async (given) => new PersistenceCachePlugin(await plain(), given)],
  ["a store", async (given) => (await TokenCacheStore.open(cache(), given)).commit(undefined, "{}")],
  ["a lock", async (given) => locked(new CrossPlatformLock(lockFile(), undefined, given))],
];
const ofLinux: typeof OPTIONS = [
  ["the kernel keyring", (given) => KernelKeyringPersistence.create(cache(), undefined, given)],
  ["the Secret Service", (given) => LibSecretPersistence.create(cache(), "service", "account", given)],
];

test.each([...OPTIONS, ...(process.platform === "linux" ? ofLinux : [])])(
  "the options of %s: null is none, as undefined is, and what is no object is refused",
  async (what, attempt) => {
    const isBuilt = what.endsWith("any kind"); // what the platform has may refuse, too
    for (const given of [undefined, null, {}, Object.freeze({}), Object.create(null)])
      expect([given, await codeOf(attempt(given as never))]).toEqual([
        given,
        isBuilt ? expect.any(String) : "accepted",
      ]);
    for (const given of [5, Number.NaN, "text", true, 1n, Symbol("options"), [], () => ({}), Promise.resolve({})])
      expect([given, await codeOf(attempt(given as never))]).toEqual([given, "bad_argument"]);
    if (isBuilt) expect(await codeOf(attempt(null as never))).toMatch(/^(accepted|persistence_not_verified)$/);
  },
);

const NO_NUMBERS = [Number.NaN, -1, "5", "", true, 1n, {}, [], Symbol("number"), Object.create(null)];

test.each<[string, Attempt]>([
  ["retryNumber", async (retryNumber) => new PersistenceCachePlugin(await plain(), { retryNumber })],
  ["retryDelay", async (retryDelay) => new PersistenceCachePlugin(await plain(), { retryDelay })],
  ["holdLimitMs", async (holdLimitMs) => new PersistenceCachePlugin(await plain(), { holdLimitMs })],
  ["maxBytes", (maxBytes) => TokenCacheStore.open(cache(), { maxBytes })],
  ["lockTimeoutMs", (lockTimeoutMs) => TokenCacheStore.open(cache(), { lockTimeoutMs })],
  ["retryNumber", async (retryNumber) => new CrossPlatformLock(lockFile(), undefined, { retryNumber })],
  ["retryDelay", async (retryDelay) => new CrossPlatformLock(lockFile(), undefined, { retryDelay })],
])("%s that is no such number is refused by its name", async (name, attempt) => {
  for (const given of NO_NUMBERS) {
    const message = expect.stringMatching(new RegExp(`^${name} must be a number`));
    await expect(attempt(given as never)).rejects.toMatchObject({ code: "bad_argument", message });
  }
  for (const given of [undefined, null, 0, -0, 1e300, Number.POSITIVE_INFINITY])
    expect([given, await codeOf(attempt(given as never))]).toEqual([given, "accepted"]);
});

test("as often as one likes is for ever without a pause, too, and never is never", async () => {
  const holder = new CrossPlatformLock(lockFile());
  const endless = { retryNumber: Number.POSITIVE_INFINITY, retryDelay: 0 };
  const waiting = new CrossPlatformLock(lockFile(), undefined, endless);
  const never = { retryNumber: 0, retryDelay: Number.POSITIVE_INFINITY };
  await holder.lock();
  const turn = waiting.lock();
  expect(await codeOf(new CrossPlatformLock(lockFile(), undefined, never).lock())).toBe("lock_timeout");
  await holder.unlock();
  await turn;
  await waiting.unlock();
});

test.each<[string, unknown[], Attempt]>([
  ["loggerCallback", [5, "log", {}], (loggerCallback) => FilePersistence.create(cache(), { loggerCallback })],
  ["logLevel", [Number.NaN, "verbose", {}, 1n], (logLevel) => FilePersistence.create(cache(), { logLevel })],
  ["logger", [5, "log", {}, { error() {} }, () => 0], async (given) => new CrossPlatformLock(lockFile(), given)],
  ["onUndecryptable", [5, {}], async (given) => new PersistenceCachePlugin(await plain(), { onUndecryptable: given })],
])("%s that is none is refused by its name", async (name, all, attempt) => {
  for (const given of [...all, Symbol("given"), Object.create(null)]) {
    const message = expect.stringMatching(new RegExp(`^${name}\\b.* must be `));
    await expect(attempt(given as never)).rejects.toMatchObject({ code: "bad_argument", message });
  }
  for (const given of [undefined, null]) expect(await codeOf(attempt(given as never))).toBe("accepted");
});

test("what protects a cache is not left out because it is null", async () => {
  for (const create of [
    buildEncryptedPersistence,
    (cachePath: string, config: object) =>
      PersistenceCreator.createPersistence({ ...config, cachePath, usePlaintextFileOnLinux: true }),
  ])
    await expect(create(cache(), { key: null as never })).rejects.toMatchObject({
      code: "persistence_not_verified",
      cause: { errors: [expect.objectContaining({ code: "bad_key" })] },
    });
  expect(await codeOf(TokenCacheStore.open(cache(), { alsoLock: null as never }))).toBe("bad_argument");
});

test.each<[string, Attempt]>([
  ["FilePersistence.create", (given) => FilePersistence.create(given)],
  ["FilePersistenceWithKey.create", (given) => FilePersistenceWithKey.create(given, key)],
  ["buildEncryptedPersistence", (given) => buildEncryptedPersistence(given)],
  ["buildEncryptedPersistence with a key", (given) => buildEncryptedPersistence(given, { key })],
  ["createPersistence", (given) => PersistenceCreator.createPersistence({ cachePath: given, key })],
  ["CrossPlatformLock", async (given) => new CrossPlatformLock(given)],
  ["alsoLock", (given) => TokenCacheStore.open(cache(), { alsoLock: [given] })],
])("%s: what is no path is invalid_location, and not found out later", async (_name, attempt) => {
  for (const given of [
    undefined,
    null,
    5,
    "",
    "cut\0off",
    new URL("file:///cache"),
    Buffer.from("/cache"),
    Symbol("path"),
  ])
    expect([given, await codeOf(attempt(given as never))]).toEqual([given, "invalid_location"]);
});

test("createPersistence wants a path: without any it is said so", async () => {
  for (const config of [undefined, null, {}])
    expect(await codeOf(PersistenceCreator.createPersistence(config as never))).toBe("invalid_location");
  expect(await codeOf(PersistenceCreator.createPersistence("/path" as never))).toBe("bad_argument");
});

test("a plugin wants MSAL's context, a watch and an update a function", async () => {
  const plugin = new PersistenceCachePlugin(await plain());
  const caches = await TokenCacheStore.open(cache());
  onTestFinished(() => caches.close());
  for (const given of [undefined, null, 5, "text", {}, { tokenCache: null }, { tokenCache: {} }, Promise.resolve()]) {
    expect([given, await codeOf(plugin.beforeCacheAccess(given as never))]).toEqual([given, "bad_argument"]);
    expect([given, await codeOf(caches.update(given as never))]).toEqual([given, "bad_argument"]);
    expect(() => caches.watch(given as never)).toThrow(expect.objectContaining({ code: "bad_argument" }));
  }
});

test("bytes are bytes in whatever realm they were made", async () => {
  const made = (length: number, text = ""): Uint8Array => {
    const bytes: Uint8Array = runInNewContext("new Uint8Array(length)", { length });
    bytes.set(Buffer.from(text));
    return bytes;
  };
  expect(made(1)).not.toBeInstanceOf(Uint8Array);
  const persistences = [
    await plain(),
    await FilePersistenceWithKey.create(folder.file("with a key"), made(32)),
    await FilePersistenceWithKey.create(folder.file("with a key that is fetched"), async () => made(32)),
  ];
  for (const persistence of persistences) {
    await persistence.saveBuffer(made(4, "text"));
    expect(await persistence.load()).toBe("text");
  }
  const store = await TokenCacheStore.open(folder.file("store"));
  const document = '{"Account":{"a":{}}}';
  expect(await store.commit(made(2, "{}"), made(document.length, document))).toMatchObject({ added: 1 });
  expect(await store.update(() => made(2, "{}"))).toMatchObject({ removed: 1 });
});
