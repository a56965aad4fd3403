import { readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { type IPersistence, PersistenceCachePlugin, TokenCacheStore } from "../../hosts/node/index.ts";
import { document } from "../plugin/fixtures.ts";

/** What `StoredPersistence` has beyond the family's interface. */
export interface Persistence extends IPersistence {
  readonly isEncrypted: boolean;
  loadBuffer(): Promise<Uint8Array>;
  timeLastModified(): Promise<number>;
}

export interface Subject {
  /** A persistence of the kind under test; the same cache whenever it is called with the same name within a test. */
  create(name: string): Promise<Persistence>;
  /** Every byte the persistence keeps in files: none of them may be plain. */
  storedBytes(name: string): Promise<Uint8Array[]>;
  folder(): string;
  readonly encrypted: boolean;
}

const TEXTS = ["text, é 日本語 🔑", '{"not":"a cache"}', "line\r\nend", "x".repeat(200_000)];

/** What every persistence does. */
export function persistenceContract(name: string, subject: Subject): void {
  describe(`contract: ${name}`, () => {
    test("nothing saved: null, PersistenceNotFound, false", async () => {
      const persistence = await subject.create("cache");
      expect(await persistence.load()).toBeNull();
      await expect(persistence.loadBuffer()).rejects.toMatchObject({ code: "persistence_not_found" });
      await expect(persistence.timeLastModified()).rejects.toMatchObject({ code: "persistence_not_found" });
      expect(await persistence.delete()).toBe(false);
      expect(await persistence.reloadNecessary(0)).toBe(false);
    });

    test.each(TEXTS)("%.20j is what another object loads, and is gone when deleted", async (text) => {
      const [one, other] = [await subject.create("cache"), await subject.create("cache")];
      await one.save("replaced");
      await one.save(text);
      expect(await other.load()).toBe(text);
      expect(await other.reloadNecessary(0)).toBe(true);
      expect(await other.delete()).toBe(true);
      expect(await one.load()).toBeNull();
    });

    test("says whether it is encrypted, and is", async () => {
      const persistence = await subject.create("cache");
      await persistence.save("a refresh token");
      const stored = await subject.storedBytes("cache");
      const plain = stored.some((bytes) => Buffer.from(bytes).includes("a refresh token"));
      expect(persistence.isEncrypted).toBe(subject.encrypted);
      expect(plain).toBe(!subject.encrypted);
      await persistence.delete();
    });

    test("verifies itself without touching the cache, and leaves nothing behind", async () => {
      const persistence = await subject.create("cache");
      await persistence.save("kept");
      const before = await readdir(subject.folder());
      expect(await persistence.verifyPersistence()).toBe(true);
      expect(await readdir(subject.folder())).toEqual(before);
      expect(await persistence.load()).toBe("kept");
      await persistence.delete();
    });

    test("two stores merge what each adds", async () => {
      const persistence = await subject.create("cache");
      const [one, other] = [await TokenCacheStore.open(persistence), await TokenCacheStore.open(persistence)];
      await one.commit(undefined, JSON.stringify(document("ada")));
      await other.commit(undefined, JSON.stringify(document("bob")));
      expect((await one.accounts()).map((account) => account.username).sort()).toEqual([
        "ada@example.org",
        "bob@example.org",
      ]);
      expect(await other.clear()).toBe(true);
      await Promise.all([one.close(), other.close()]);
    });

    test("a plugin takes it", async () => {
      const persistence = await subject.create("cache");
      expect(new PersistenceCachePlugin(persistence).persistence).toBe(persistence);
    });
  });
}
