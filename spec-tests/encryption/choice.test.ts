import { existsSync } from "node:fs";
import { link, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import {
  buildEncryptedPersistence,
  CrossPlatformLock,
  encryptPlainFile,
  FilePersistence,
  FilePersistenceWithKey,
  KernelKeyringPersistence,
  LibSecretPersistence,
  Logger,
  PersistenceCreator,
} from "../../hosts/node/index.ts";
import { installHost } from "../../hosts/shared/runtime/host.ts";
import { document, temporaryFolder } from "../plugin/fixtures.ts";
import { hasSecretService, startSecretService } from "./secret-service.ts";

const folder = temporaryFolder();
const KEY = new Uint8Array(32).fill(7);
const path = () => folder.file("cache");

async function withoutSessionBus(work: () => Promise<void>): Promise<void> {
  const { DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR } = process.env;
  delete process.env.DBUS_SESSION_BUS_ADDRESS;
  delete process.env.XDG_RUNTIME_DIR;
  try {
    await work();
  } finally {
    Object.assign(process.env, JSON.parse(JSON.stringify({ DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR })));
  }
}

describe("a key of the caller's", () => {
  test("comes before everything, on every platform", async () => {
    expect(await buildEncryptedPersistence(path(), { key: KEY })).toBeInstanceOf(FilePersistenceWithKey);
    expect(await readdir(folder.path)).toEqual([]);
  });

  test("that is none is refused, and nothing weaker taken", async () => {
    const config = { cachePath: path(), key: new Uint8Array(3) };
    await expect(PersistenceCreator.createPersistence(config)).rejects.toMatchObject({
      code: "persistence_not_verified",
      message: "No encrypted persistence works here. Tried: supplied key: The key is not usable: 32 bytes are needed.",
    });
  });

  test("that does not come is no reason for plain text, which is for where the system has nothing", async () => {
    const vaultIsDown = () => Promise.reject(new Error("no route to the vault"));
    const config = { cachePath: path(), key: vaultIsDown, usePlaintextFileOnLinux: true };
    await expect(PersistenceCreator.createPersistence(config)).rejects.toMatchObject({
      code: "persistence_not_verified",
      message: expect.not.stringContaining("plain file"),
    });
  });
});

describe("where native functions cannot be called", () => {
  beforeAll(() => {
    const foreignFunctions = () => {
      throw new Error("no koffi here");
    };
    installHost({ ...nodeHost, foreignFunctions });
  });
  afterAll(() => installHost(nodeHost));

  test.runIf(process.platform === "linux")("the error says what was tried and why each was refused", async () => {
    const failure = await buildEncryptedPersistence(path()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "persistence_not_verified" });
    expect((failure as Error).message).toMatch(
      /Secret Service: libsecret cannot .*kernel keyring: The kernel keyring cannot .*koffi/s,
    );
    expect((failure as Error).message).toMatch(/or permit plain text \(FilePersistence\)\.$/);
    expect((failure as { cause: AggregateError }).cause.errors).toHaveLength(2);
    expect(await readdir(folder.path)).toEqual([]);
  });

  test.runIf(process.platform === "linux")("plain text only when asked for by name, and it says so", async () => {
    const config = { cachePath: path(), serviceName: "s", accountName: "a" };
    await expect(PersistenceCreator.createPersistence(config)).rejects.toMatchObject({
      code: "persistence_not_verified",
    });
    const plain = await PersistenceCreator.createPersistence({ ...config, usePlaintextFileOnLinux: true });
    expect(plain).toBeInstanceOf(FilePersistence);
    expect(plain.isEncrypted).toBe(false);
  });
});

describe.runIf(process.platform === "linux")("Linux", () => {
  test("without a session bus: the kernel keyring, and the log says why", async () => {
    const log: string[] = [];
    const loggerOptions = { loggerCallback: (_level: number, line: string) => log.push(line) };
    await withoutSessionBus(async () => {
      expect(await buildEncryptedPersistence(path(), { loggerOptions })).toBeInstanceOf(KernelKeyringPersistence);
    });
    expect(log.join("\n")).toMatch(/Not used: Secret Service/);
    expect(log.join("\n")).toMatch(/kept by: kernel keyring/);
  });

  test("without one: a plain cache that is there stays one where that is permitted, and one that is encrypted is not given up", async () => {
    await withoutSessionBus(async () => {
      const config = { cachePath: path(), usePlaintextFileOnLinux: true };
      const plain = JSON.stringify(document("ada"));
      await writeFile(path(), plain);
      expect(await PersistenceCreator.createPersistence(config)).toBeInstanceOf(FilePersistence);
      await expect(buildEncryptedPersistence(path())).resolves.toBeInstanceOf(KernelKeyringPersistence);
      expect(await readFile(path(), "utf8")).toBe(plain);
      await encryptPlainFile(path(), await buildEncryptedPersistence(path()));
      const encrypted = await PersistenceCreator.createPersistence(config);
      expect(encrypted).toBeInstanceOf(KernelKeyringPersistence);
      expect(await encrypted.load()).toBe(plain);
    });
  });

  test("without one, where there is nothing yet: the kernel keyring, although plain text is permitted", async () => {
    await withoutSessionBus(async () => {
      const config = { cachePath: path(), usePlaintextFileOnLinux: true };
      expect(await PersistenceCreator.createPersistence(config)).toBeInstanceOf(KernelKeyringPersistence);
    });
  });

  test.runIf(hasSecretService)("with one: the Secret Service", async () => {
    const service = await startSecretService();
    try {
      expect(await buildEncryptedPersistence(path())).toBeInstanceOf(LibSecretPersistence);
    } finally {
      await service.stop();
    }
  });
});

describe("encryptPlainFile", () => {
  test("in place: encrypted, and no plain copy is left", async () => {
    const plain = JSON.stringify(document("ada"));
    await writeFile(path(), plain);
    const persistence = await FilePersistenceWithKey.create(path(), KEY);
    expect(await encryptPlainFile(path(), persistence)).toBe(true);
    expect(await persistence.load()).toBe(plain);
    expect(await encryptPlainFile(path(), persistence)).toBe(false);
    for (const name of await readdir(folder.path)) {
      expect(await readFile(folder.file(name), "utf8")).not.toContain("secret of");
    }
  });

  test("in place, by another spelling of the path", async () => {
    await writeFile(path(), JSON.stringify(document("ada")));
    await symlink(folder.path, folder.file("link"));
    const persistence = await FilePersistenceWithKey.create(folder.file("link/cache"), KEY);
    expect(await encryptPlainFile(path(), persistence)).toBe(true);
    expect(await persistence.load()).toContain("ada");
    expect((await readdir(folder.path)).sort()).toEqual(["cache", "link"]);
  });

  test("onto a hard link of it: no plain copy is left under either name", async () => {
    const plain = JSON.stringify(document("ada"));
    await writeFile(path(), plain);
    await link(path(), folder.file("encrypted"));
    const persistence = await FilePersistenceWithKey.create(folder.file("encrypted"), KEY);
    expect(await encryptPlainFile(path(), persistence)).toBe(true);
    expect(await persistence.load()).toBe(plain);
    expect(await readdir(folder.path)).toEqual(["encrypted"]);
  });

  test("in place, by a link: who has the lock of the file's own name is waited for, and what it has stored stays", async () => {
    const plain = JSON.stringify(document("ada"));
    await writeFile(path(), plain);
    await symlink(path(), folder.file("link"));
    const persistence = await FilePersistenceWithKey.create(path(), KEY);
    const lock = new CrossPlatformLock(`${path()}.lockfile`);
    await lock.lock();
    const moved = encryptPlainFile(folder.file("link"), persistence);
    while (!existsSync(folder.file("link.lockfile"))) await setTimeout(1);
    await setTimeout(200); // nothing tells that it waits; that it does not, the file does
    expect(await readFile(path(), "utf8")).toBe(plain);
    await persistence.save(JSON.stringify(document("bob")));
    await lock.unlock();
    await moved;
    expect(await persistence.load()).toBe(JSON.stringify(document("bob")));
  });

  test("elsewhere: merged into what is there, then removed", async () => {
    await writeFile(path(), JSON.stringify(document("ada")));
    const persistence = await FilePersistenceWithKey.create(folder.file("encrypted"), KEY);
    await persistence.save(JSON.stringify(document("bob")));
    expect(await encryptPlainFile(path(), persistence)).toBe(true);
    expect(Object.keys(JSON.parse((await persistence.load()) ?? "").Account)).toHaveLength(2);
    expect(await readdir(folder.path)).toEqual(["encrypted"]);
  });

  test("where there is none there is nothing to do", async () => {
    const persistence = await FilePersistenceWithKey.create(folder.file("encrypted"), KEY);
    expect(await encryptPlainFile(path(), persistence)).toBe(false);
    expect(await readdir(folder.path)).toEqual([]);
  });

  test("not into a plain persistence", async () => {
    const persistence = await FilePersistence.create(folder.file("other"));
    await expect(encryptPlainFile(path(), persistence)).rejects.toMatchObject({ code: "not_supported" });
  });

  test.each([
    [
      "another copy of this package's",
      { isEncrypted: true, getLogger: () => new Logger(), getFilePath: path },
      "same copy",
    ],
    ["a promise of one", Promise.resolve(), "Is an `await` missing?"],
  ])("not into %s, which it says as the plugin and the store do", async (_name, persistence, reason) => {
    await writeFile(path(), JSON.stringify(document("ada")));
    const moved = encryptPlainFile(path(), persistence as unknown as FilePersistenceWithKey);
    await expect(moved).rejects.toMatchObject({ code: "not_supported", message: expect.stringContaining(reason) });
  });
});
