import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { platform } from "node:process";
import type { OnCache } from "../library-tests.ts";
import type { Target } from "../target.ts";

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
const onPosix = platform !== "win32";

export function filePersistenceTests({ library }: Target, test: OnCache): void {
  const { FilePersistence, PersistenceError, PersistenceNotFound } = library;

  test("makes the folder, private, and no file", async (_cache, folder) => {
    const path = `${folder}/a/b/cache.json`;
    const persistence = await FilePersistence.create(path);
    equal(await persistence.load(), null);
    deepEqual(await readdir(`${folder}/a/b`), []);
    equal(persistence.getFilePath(), path);
    equal(persistence.getLocation(), path);
    equal(persistence.isEncrypted, false);
    await persistence.save("text");
    if (onPosix) deepEqual([await modeOf(`${folder}/a`), await modeOf(path)], [0o700, 0o600]);
  });

  test("keeps what is there, and makes it private", async (cache) => {
    await writeFile(cache, "kept", { mode: 0o644 });
    const persistence = await FilePersistence.create(cache);
    equal(await persistence.load(), "kept");
    if (onPosix) equal(await modeOf(cache), 0o600);
  });

  if (onPosix) {
    const linesOnOpening = async (cache: string) => {
      const lines: string[] = [];
      await FilePersistence.create(cache, { loggerCallback: (_level, line) => lines.push(line) });
      return lines;
    };

    for (const mode of [0o640, 0o604, 0o666]) {
      test(`a file of mode ${mode.toString(8)} is reported once, and private from then on`, async (cache) => {
        await writeFile(cache, "token");
        await chmod(cache, mode);
        const [line = "", ...others] = await linesOnOpening(cache);
        deepEqual(others, []);
        match(line, new RegExp(`Warning - exposed_to_others: .*mode ${mode.toString(8)}`));
        ok(!line.includes("token"));
        deepEqual(await linesOnOpening(cache), []);
      });
    }

    test("a folder in which others can replace the file is reported each time, and left as it is", async (cache, folder) => {
      for (const mode of [0o770, 0o707]) {
        await chmod(folder, mode);
        match((await linesOnOpening(cache)).join(), /exposed_to_others: .*chmod 700/);
        equal(await modeOf(folder), mode);
      }
      for (const mode of [0o1777, 0o755, 0o700]) {
        await chmod(folder, mode);
        deepEqual(await linesOnOpening(cache), []);
      }
    });
  }

  for (const below of ["below.json", "far/below.json"]) {
    test(`rejects with a code where no file can be: ${below}`, async (cache) => {
      await writeFile(cache, "");
      await rejects(FilePersistence.create(`${cache}/${below}`), (error: InstanceType<typeof PersistenceError>) => {
        ok(error instanceof PersistenceError);
        ok(error.cause instanceof Error);
        equal(error.code, "not_a_file");
        return true;
      });
    });
  }

  for (const text of ["", "text, é 日本語 🔑", "\uFEFFwith a byte order mark", '{"not":"a cache"}', "line\r\n\0end"]) {
    test(`${JSON.stringify(text)} loads the same`, async (cache) => {
      const persistence = await FilePersistence.create(cache);
      await persistence.save(text);
      equal(await persistence.load(), text);
      deepEqual([...(await persistence.loadBuffer())], [...new TextEncoder().encode(text)]);
    });
  }

  test("what is saved may be any bytes, which are not text, though", async (cache) => {
    const persistence = await FilePersistence.create(cache);
    await persistence.saveBuffer(Uint8Array.of(0xff, 0, 0xc3));
    deepEqual([...(await persistence.loadBuffer())], [0xff, 0, 0xc3]);
    await rejects(persistence.load(), { code: "json_bad_utf8" });
  });

  test("what is no text or no bytes is refused, and what was there stays", async (cache, folder) => {
    const persistence = await FilePersistence.create(cache);
    await persistence.save("kept");
    const neither = [undefined, null, 5, Promise.resolve("text"), {}, new ArrayBuffer(2), new Uint16Array(2)];
    for (const given of [...neither, new Uint8Array(2)])
      await rejects(persistence.save(given as never), { code: "bad_argument" });
    for (const given of [...neither, "text"])
      await rejects(persistence.saveBuffer(given as never), { code: "bad_argument" });
    equal(await persistence.load(), "kept");
    deepEqual(await readdir(folder), ["cache.json"]);
  });

  test("replaces what was there as a whole, and leaves nothing else behind", async (cache, folder) => {
    const persistence = await FilePersistence.create(cache);
    await persistence.save("a long text that was there first");
    await persistence.save("short");
    equal(await readFile(cache, "utf8"), "short");
    deepEqual(await readdir(folder), ["cache.json"]);
    if (onPosix) equal(await modeOf(cache), 0o600);
  });

  test("what is not there is said to be missing, by type", async (cache) => {
    const persistence = await FilePersistence.create(cache);
    await persistence.save("gone in a moment");
    equal(await persistence.delete(), true);
    equal(await persistence.delete(), false);
    equal(await persistence.load(), null);
    for (const ask of ["loadBuffer", "timeLastModified"] as const) {
      await rejects(persistence[ask](), (error: Error) => {
        ok(error instanceof PersistenceNotFound);
        return error.code === "persistence_not_found";
      });
    }
    equal(await persistence.reloadNecessary(0), false);
    await persistence.save("again");
    equal(await persistence.load(), "again");
  });

  test("reloadNecessary compares with when the file was written", async (cache) => {
    const persistence = await FilePersistence.create(cache);
    await persistence.save("text");
    const modified = await persistence.timeLastModified();
    ok(Math.abs(modified - (await stat(cache)).mtimeMs) < 1);
    equal(await persistence.reloadNecessary(0), true);
    equal(await persistence.reloadNecessary(modified), true);
    equal(await persistence.reloadNecessary(modified + 1), false);
  });

  test("reloadNecessary errs on the side of yes: times have nanoseconds, and what is no number proves nothing", async (cache) => {
    const persistence = await FilePersistence.create(cache);
    for (let writes = 0; writes < 20; writes += 1) {
      await writeFile(cache, "a peer's");
      equal(await persistence.reloadNecessary((await stat(cache)).mtimeMs), true);
    }
    equal(await persistence.reloadNecessary(Number.NaN), true);
  });

  test("verifyPersistence tries the store out beside the cache, and leaves nothing behind", async (cache, folder) => {
    const persistence = await FilePersistence.create(cache);
    await persistence.save("mine");
    equal(await persistence.verifyPersistence(), true);
    deepEqual(await readdir(folder), ["cache.json"]);
    equal(await persistence.load(), "mine");
  });

  test("two trials never share a file", async (cache) => {
    const persistence = await FilePersistence.create(cache);
    const one = await persistence.createForPersistenceValidation();
    const other = await persistence.createForPersistenceValidation();
    ok(one.getFilePath() !== other.getFilePath());
  });
}
