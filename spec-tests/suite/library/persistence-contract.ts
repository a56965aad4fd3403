import { deepEqual, equal, rejects } from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import type * as Library from "../../../hosts/node/index.ts";
import type { OnCache } from "../library-tests.ts";
import { documentOf, usersIn } from "./documents.ts";

/** A kind of persistence under test. */
export interface PersistenceKind {
  readonly encrypted: boolean;
  /** The same cache whenever it is called with the same location. */
  create(location: string): Promise<Persistence>;
}

/** What all persistences have beyond the family's interface. */
type Persistence = Library.IPersistence &
  Pick<Library.FilePersistence, "isEncrypted" | "loadBuffer" | "timeLastModified">;

const TEXTS = [
  "",
  "text, é 日本語 🔑",
  "\ufeffafter a byte order mark",
  '{"not":"a cache"}',
  "line\r\nend",
  "x".repeat(200_000),
];

/** What every persistence does, on every runtime. */
export function persistenceContract(library: typeof Library, kind: PersistenceKind, test: OnCache): void {
  const { PersistenceCachePlugin, TokenCacheStore } = library;

  test("nothing saved: null, PersistenceNotFound, false", async (cache) => {
    const persistence = await kind.create(cache);
    equal(await persistence.load(), null);
    await rejects(persistence.loadBuffer(), { code: "persistence_not_found" });
    await rejects(persistence.timeLastModified(), { code: "persistence_not_found" });
    equal(await persistence.delete(), false);
    equal(await persistence.reloadNecessary(0), false);
  });

  for (const text of TEXTS) {
    test(`${JSON.stringify(text.slice(0, 20))} is what another object loads, and is gone when deleted`, async (cache) => {
      const [one, other] = [await kind.create(cache), await kind.create(cache)];
      await one.save("replaced");
      await one.save(text);
      equal(await other.load(), text);
      equal(await other.reloadNecessary(0), true);
      equal(await other.delete(), true);
      equal(await one.load(), null);
    });
  }

  test("says whether it is encrypted, and is", async (cache, folder) => {
    const persistence = await kind.create(cache);
    await persistence.save("a refresh token");
    const names = await readdir(folder);
    const files = await Promise.all(names.map((name) => readFile(`${folder}/${name}`)));
    equal(persistence.isEncrypted, kind.encrypted);
    equal(
      files.some((bytes) => bytes.includes("a refresh token")),
      !kind.encrypted,
    );
    await persistence.delete();
  });

  test("verifies itself without touching the cache, and leaves nothing behind", async (cache, folder) => {
    const persistence = await kind.create(cache);
    await persistence.save("kept");
    const before = await readdir(folder);
    equal(await persistence.verifyPersistence(), true);
    deepEqual(await readdir(folder), before);
    equal(await persistence.load(), "kept");
    await persistence.delete();
  });

  test("two stores merge what each adds", async (cache) => {
    const persistence = await kind.create(cache);
    const [one, other] = [await TokenCacheStore.open(persistence), await TokenCacheStore.open(persistence)];
    await one.commit(undefined, documentOf("ada"));
    await other.commit(undefined, documentOf("bob"));
    deepEqual(usersIn((await one.load()).content), ["ada", "bob"]);
    equal(await other.clear(), true);
    await Promise.all([one.close(), other.close()]);
  });

  for (const content of ["", "{}"]) {
    test(`a file with ${JSON.stringify(content)} at its location, as peers make one, is in nobody's way`, async (cache, folder) => {
      await writeFile(cache, content);
      const persistence = await kind.create(cache);
      const store = await TokenCacheStore.open(persistence);
      deepEqual(usersIn((await store.load()).content), []);
      await store.commit(undefined, documentOf("ada"));
      deepEqual(usersIn((await store.load()).content), ["ada"]);
      // A blank file is marked for those who know what it held (docs/merge.md; the vectors say when): the
      // signal of a secret store is none.
      const { "msal-extensions.salvaged": _mark, ...rest } = JSON.parse((await persistence.load())!);
      deepEqual(rest, JSON.parse(documentOf("ada")));
      deepEqual(await readdir(folder), ["cache.json"]);
      await store.clear();
      await store.close();
    });
  }

  test("a plugin takes it", async (cache) => {
    const persistence = await kind.create(cache);
    equal(new PersistenceCachePlugin(persistence).persistence, persistence);
  });
}
