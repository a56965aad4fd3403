import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FilePersistence, PersistenceNotFound } from "../../hosts/node/index.ts";
import { expandHome } from "../../hosts/shared/file-capabilities.ts";
import { temporaryFolder } from "../plugin/fixtures.ts";

const folder = temporaryFolder();
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
const onPosix = process.platform !== "win32";

describe("create", () => {
  test("makes the folder, private, and no file", async () => {
    const path = join(folder.path, "a", "b", "cache.json");
    const persistence = await FilePersistence.create(path);
    expect(await persistence.load()).toBeNull();
    expect(await readdir(join(folder.path, "a", "b"))).toEqual([]);
    expect(persistence.getFilePath()).toBe(path);
    expect(persistence.getLocation()).toBe(path);
    expect(persistence.isEncrypted).toBe(false);
    if (onPosix) {
      await persistence.save("text");
      expect(await modeOf(join(folder.path, "a"))).toBe(0o700);
      expect(await modeOf(path)).toBe(0o600);
    }
  });

  test("keeps what is there, and makes it private", async () => {
    const path = folder.file("cache.json");
    await writeFile(path, "kept", { mode: 0o644 });
    const persistence = await FilePersistence.create(path);
    expect(await persistence.load()).toBe("kept");
    if (onPosix) expect(await modeOf(path)).toBe(0o600);
  });

  test("rejects with a code where no file can be", async () => {
    await writeFile(folder.file("file"), "");
    const failure = await FilePersistence.create(join(folder.path, "file", "cache.json")).catch((error) => error);
    expect(failure).toMatchObject({ name: "PersistenceError", code: expect.any(String), cause: expect.any(Error) });
    await mkdir(folder.file("folder"));
    const persistence = await FilePersistence.create(folder.file("folder")).catch((error) => error);
    if (persistence instanceof FilePersistence)
      await expect(persistence.load()).rejects.toMatchObject({ name: "PersistenceError" });
  });

  test("expands ~ as Python does", () => {
    expect(expandHome("~")).toBe(homedir());
    expect(expandHome("~/x")).toBe(`${homedir()}/x`);
    for (const path of ["~other/x", "a~/x", "/~/x", "x"]) expect(expandHome(path)).toBe(path);
  });
});

describe("what is saved", () => {
  test.each(["", "text, é 日本語 🔑", "\uFEFFwith a byte order mark", '{"not":"a cache"}', "line\r\n\0end"])(
    "%j loads the same",
    async (text) => {
      const persistence = await FilePersistence.create(folder.file("any"));
      await persistence.save(text);
      expect(await persistence.load()).toBe(text);
      expect(Buffer.from(await persistence.loadBuffer()).toString()).toBe(text);
    },
  );

  test("may be any bytes, which are not text, though", async () => {
    const persistence = await FilePersistence.create(folder.file("any"));
    await persistence.saveBuffer(Uint8Array.of(0xff, 0, 0xc3));
    expect(await persistence.loadBuffer()).toEqual(Uint8Array.of(0xff, 0, 0xc3));
    await expect(persistence.load()).rejects.toMatchObject({ code: "json_bad_utf8" });
  });

  test("replaces what was there as a whole, and leaves nothing else behind", async () => {
    const persistence = await FilePersistence.create(folder.file("any"));
    await persistence.save("a long text that was there first");
    await persistence.save("short");
    expect(await readFile(folder.file("any"), "utf8")).toBe("short");
    expect(await readdir(folder.path)).toEqual(["any"]);
    if (onPosix) expect(await modeOf(folder.file("any"))).toBe(0o600);
  });
});

describe("what is not there", () => {
  test("is said to be missing, by type", async () => {
    const persistence = await FilePersistence.create(folder.file("any"));
    await persistence.save("gone in a moment");
    expect(await persistence.delete()).toBe(true);
    expect(await persistence.delete()).toBe(false);
    expect(await persistence.load()).toBeNull();
    const asks = ["loadBuffer", "timeLastModified"] as const;
    for (const ask of asks) {
      const error = await persistence[ask]().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(PersistenceNotFound);
      expect(error).toMatchObject({ code: "persistence_not_found" });
    }
    expect(await persistence.reloadNecessary(0)).toBe(false);
    await persistence.save("again");
    expect(await persistence.load()).toBe("again");
  });
});

describe("reloadNecessary", () => {
  test("compares with when the file was written", async () => {
    const persistence = await FilePersistence.create(folder.file("any"));
    await persistence.save("text");
    const modified = await persistence.timeLastModified();
    expect(modified).toBeCloseTo((await stat(folder.file("any"))).mtimeMs, 0);
    expect(await persistence.reloadNecessary(0)).toBe(true);
    expect(await persistence.reloadNecessary(modified)).toBe(true);
    expect(await persistence.reloadNecessary(modified + 1)).toBe(false);
  });
});

describe("verifyPersistence", () => {
  test("tries the store out beside the cache, and leaves nothing behind", async () => {
    const persistence = await FilePersistence.create(folder.file("any"));
    await persistence.save("mine");
    expect(await persistence.verifyPersistence()).toBe(true);
    expect(await readdir(folder.path)).toEqual(["any"]);
    expect(await persistence.load()).toBe("mine");
  });

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

  test("two trials never share a file", async () => {
    const persistence = await FilePersistence.create(folder.file("any"));
    const [one, other] = await Promise.all([
      persistence.createForPersistenceValidation(),
      persistence.createForPersistenceValidation(),
    ]);
    expect(one.getFilePath()).not.toBe(other.getFilePath());
  });
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
});
