import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { ppid } from "node:process";
import { inspect } from "node:util";
import type { CacheChange, PersistenceError } from "../../../hosts/shared/index.ts";
import type { OnCache } from "../library-tests.ts";
import type { Target } from "../target.ts";
import { documentOf, store, storedUsers, usersIn } from "./documents.ts";

export function storeTests({ library }: Target, test: OnCache): void {
  const { FilePersistence, TokenCacheStore } = library;

  test("takes a path or a persistence; nothing is there yet", async (cache) => {
    for (const from of [cache, await FilePersistence.create(cache)]) {
      const caches = await TokenCacheStore.open(from);
      equal(caches.location, cache);
      equal((await caches.load()).content?.length ?? 0, 0);
      deepEqual(await caches.accounts(), []);
      await caches.close();
    }
  });

  test("refuses a persistence of somebody else", async () => {
    await rejects(TokenCacheStore.open({ getFilePath: () => "x" } as never), { code: "not_supported" });
  });

  test("load returns the content whether it has changed or not", async (cache) => {
    await store(cache, "ann");
    const caches = await TokenCacheStore.open(cache);
    deepEqual(usersIn((await caches.load()).content), ["ann"]);
    deepEqual(usersIn((await caches.load()).content), ["ann"]);
  });

  test("load and update give what is stored without its byte order mark, as JSON.parse wants it", async (cache) => {
    const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
    await writeFile(cache, `\ufeff${documentOf("ann")}`);
    const caches = await TokenCacheStore.open(cache);
    equal(utf8.decode((await caches.load()).content), documentOf("ann"));
    await caches.update((content) => {
      equal(utf8.decode(content), documentOf("ann"));
      return documentOf("bob");
    });
    deepEqual(await storedUsers(cache), ["bob"]);
    await caches.close();
  });

  test("holds the further locks while it edits, and no longer", async (cache, folder) => {
    const caches = await TokenCacheStore.open(cache, { alsoLock: [`${folder}/.lockfile`, `${cache}.lockfile`] });
    const held = await new Promise<string[]>((resolve, reject) => {
      const edit = async () => {
        resolve(await readdir(folder));
        return documentOf("ann");
      };
      caches.update(edit).catch(reject);
    });
    ok(held.includes(".lockfile") && held.includes("cache.json.lockfile"), String(held));
    deepEqual(usersIn((await caches.load()).content), ["ann"]);
    deepEqual(await readdir(folder), ["cache.json"]);
  });

  test("further locks that are one file by several paths are held once", async (cache, folder) => {
    await mkdir(`${folder}/inner`);
    const alsoLock = ["cache.json.lockfile", ".lockfile", "inner/../.lockfile"].map(
      (name) => `${folder}/inner/../${name}`,
    );
    const caches = await TokenCacheStore.open(cache, { alsoLock, lockTimeoutMs: 0 });
    await caches.commit(undefined, documentOf("ann"));
    deepEqual(await storedUsers(cache), ["ann"]);
    deepEqual((await readdir(folder)).sort(), ["cache.json", "inner"]);
    await caches.close();
  });

  test("caches that share a further lock wait for each other in this process, in order, and not on disk", async (_, folder) => {
    const alsoLock = [`${folder}/.lockfile`];
    const open = (name: string, options = {}) =>
      TokenCacheStore.open(`${folder}/${name}.json`, { alsoLock, ...options });
    const [first, second, impatient] = [await open("one"), await open("two"), await open("six", { lockTimeoutMs: 30 })];
    const order: string[] = [];
    const add = (store: typeof first, user: string, meanwhile?: () => Promise<unknown>) =>
      store.update(async () => {
        await meanwhile?.();
        order.push(user);
        return documentOf(user);
      });
    const refusal = () =>
      rejects(add(impatient, "eve"), ({ code, holder }: PersistenceError) => {
        deepEqual([code, holder?.program], ["lock_timeout", "this process"]);
        return true;
      });
    const users = ["ann", "bob", "cid", "dan"];
    await Promise.all(users.map((user, n) => add(n % 2 ? second : first, user, n === 0 ? refusal : undefined)));
    deepEqual(order, users);
    for (const store of [first, second, impatient]) await store.close();
  });

  test("a loop of operations that wait for nothing lets the event loop turn", async (cache) => {
    const caches = await TokenCacheStore.open(await FilePersistence.create(cache, undefined, { sync: false }));
    for (const operate of [() => caches.load(), () => caches.commit(undefined, documentOf("ann"))]) {
      let turned = false;
      setTimeout(() => {
        turned = true;
      });
      const began = Date.now();
      while (!turned && Date.now() - began < 10_000) await operate();
      ok(turned);
    }
    await caches.close();
  });

  test("who only looks changes nothing: what cannot be read stays until something is stored", async (cache, folder) => {
    await writeFile(cache, "notes, no cache");
    const caches = await TokenCacheStore.open(cache);
    deepEqual(await caches.accounts(), []);
    equal(await readFile(cache, "utf8"), "notes, no cache");
    const { setAside } = await caches.commit((await caches.load()).content, documentOf("ann"));
    ok(setAside);
    const [kept] = (await readdir(folder)).filter((name) => name.includes(".damaged-"));
    equal(await readFile(`${folder}/${kept}`, "utf8"), "notes, no cache");
    await caches.close();
  });

  test("an encrypted cache opened as a plain one is an error, and stays as it is", async (cache, folder) => {
    const encrypted = await library.FilePersistenceWithKey.create(cache, new Uint8Array(32).fill(1));
    await encrypted.save(documentOf("ann"));
    const [stored, names] = [await readFile(cache, "utf8"), await readdir(folder)];
    const caches = await TokenCacheStore.open(cache);
    await rejects(caches.inspect(), { code: "encrypted" });
    await rejects(caches.commit(undefined, documentOf("bob")), { code: "encrypted" });
    await caches.close();
    deepEqual([await readFile(cache, "utf8"), await readdir(folder)], [stored, names]);
  });

  test("what is neither text nor bytes is refused, and changes nothing", async (cache) => {
    await store(cache, "ann");
    const caches = await TokenCacheStore.open(cache);
    const { content } = await caches.load();
    const noDocuments = [Promise.resolve(documentOf("bob")), { Account: {} }, new ArrayBuffer(2), undefined, null, 1];
    for (const document of noDocuments)
      await rejects(caches.commit(content, document as never), { code: "bad_argument" });
    for (const document of noDocuments.slice(1))
      await rejects(
        caches.update(() => document as never),
        { code: "callback_failed" },
      );
    await caches.commit(null, documentOf("ann"));
    deepEqual(await storedUsers(cache), ["ann"]);
    await caches.close();
  });

  test("commit merges three ways with what others have stored", async (cache) => {
    await store(cache, "ann", "bob");
    const caches = await TokenCacheStore.open(cache);
    const { content } = await caches.load();
    await store(cache, "ann", "bob", "cid");
    const outcome = await caches.commit(content, documentOf("bob", "dan"));
    deepEqual(usersIn(outcome.content), ["bob", "cid", "dan"]);
    deepEqual(await storedUsers(cache), ["bob", "cid", "dan"]);
    deepEqual([outcome.accountsAdded.length, outcome.accountsRemoved.length], [1, 1]);
  });

  test("without a base nothing counts as removed; a base may be text", async (cache) => {
    await store(cache, "ann");
    const caches = await TokenCacheStore.open(cache);
    await caches.commit(undefined, documentOf("bob"));
    deepEqual(await storedUsers(cache), ["ann", "bob"]);
    await caches.commit(documentOf("ann"), documentOf("cid"));
    deepEqual(await storedUsers(cache), ["bob", "cid"]);
  });

  test("a base that callers still hold is not mistaken for what is stored", async (cache) => {
    const caches = await TokenCacheStore.open(cache);
    await caches.commit(undefined, documentOf("ann"));
    const old = (await caches.load()).content;
    await caches.commit(old, documentOf("ann", "bob"));
    await caches.commit(old, documentOf("ann", "cid"));
    deepEqual(await storedUsers(cache), ["ann", "bob", "cid"]);
  });

  test("what is not JSON is refused, and nothing changes", async (cache) => {
    await store(cache, "ann");
    const caches = await TokenCacheStore.open(cache);
    await rejects(caches.commit(undefined, '{"Account":'), { code: "json_unexpected_end" });
    equal(await readFile(cache, "utf8"), documentOf("ann"));
  });

  test("a damaged cache is set aside, never lost, and what is whole in it is kept", async (cache, folder) => {
    const torn = documentOf("ann", "bob").slice(0, -3);
    await writeFile(cache, torn);
    const caches = await TokenCacheStore.open(cache);
    deepEqual(usersIn((await caches.load()).content), ["ann", "bob"]);
    const aside = (await readdir(folder)).find((name) => name !== "cache.json");
    equal(await readFile(`${folder}/${aside}`, "utf8"), torn);
  });

  test("update edits what is stored, one at a time", async (cache) => {
    const [caches, other] = [await TokenCacheStore.open(cache), await TokenCacheStore.open(cache)];
    const add = (to: typeof caches, user: string) => to.update((content) => documentOf(...usersIn(content), user));
    await Promise.all([...["a", "b", "c"].map((user) => add(caches, user)), add(other, "d")]);
    deepEqual(await storedUsers(cache), ["a", "b", "c", "d"]);
  });

  test("an edit that throws changes nothing", async (cache) => {
    await store(cache, "ann");
    const caches = await TokenCacheStore.open(cache);
    const cause = new Error("changed my mind");
    const updating = caches.update(() => {
      throw cause;
    });
    await rejects(updating, { code: "callback_failed", cause });
    equal(await readFile(cache, "utf8"), documentOf("ann"));
    await caches.update(() => documentOf("bob"));
    deepEqual(await storedUsers(cache), ["bob"]);
  });

  test("clear removes the cache, and says whether there was one", async (cache) => {
    await store(cache, "ann");
    const caches = await TokenCacheStore.open(cache);
    await caches.load();
    equal(await caches.clear(), true);
    equal(await caches.clear(), false);
    equal((await caches.load()).content, undefined);
    await caches.commit(undefined, documentOf("bob"));
    deepEqual(await storedUsers(cache), ["bob"]);
  });

  test("inspect counts, and names accounts, without secrets", async (cache) => {
    await writeFile(cache, JSON.stringify({ ...JSON.parse(documentOf("ann")), theirs: 1 }));
    const inspection = await (await TokenCacheStore.open(cache)).inspect();
    deepEqual([inspection.entities.Account, inspection.entities.RefreshToken], [1, 1]);
    deepEqual(inspection.foreign, ["theirs"]);
    equal(inspection.accounts[0]!.username, "ann@example.org");
    ok(!JSON.stringify(inspection).includes("secret of"));
  });

  test("limits that are no numbers are refused; the largest there is will do", async (cache) => {
    for (const options of [
      { maxBytes: Number.NaN },
      { maxBytes: -1 },
      { lockTimeoutMs: -1 },
      { lockTimeoutMs: Number.NaN },
    ])
      await rejects(TokenCacheStore.open(cache, options), { code: "bad_argument" });
    const caches = await TokenCacheStore.open(cache, { maxBytes: Number.POSITIVE_INFINITY });
    deepEqual(usersIn((await caches.commit(undefined, documentOf("ann"))).content), ["ann"]);
    await caches.close();
  });

  test("what is printed of an error is what it knows, and no secret", async (cache) => {
    const caches = await TokenCacheStore.open(cache, { lockTimeoutMs: 0 });
    await writeFile(cache, documentOf("ann"));
    await writeFile(`${cache}.lockfile`, `${ppid} another`);
    const printed = async (attempt: Promise<unknown>) => inspect(await attempt.catch((error: unknown) => error));
    const locked = await printed(caches.commit(undefined, documentOf("bob")));
    ok(/holder: /.test(locked) && !/document|offset|undefined|cause|secret of/.test(locked), locked);
    await rm(`${cache}.lockfile`);
    const refused = await printed(caches.commit(undefined, documentOf("bob").replace("}", "")));
    ok(/document: .ours.,\s+offset: \d+/.test(refused) && !/holder|undefined|cause|secret of/.test(refused), refused);
    await caches.close();
  });

  test("further locks that are no list are refused", async (cache, folder) => {
    for (const alsoLock of [`${folder}/.lockfile`, {}, null])
      await rejects(TokenCacheStore.open(cache, { alsoLock: alsoLock as never }), { code: "bad_argument" });
  });

  test("watch reports accounts that come and go, until it is stopped", async (cache) => {
    await store(cache, "ann");
    const caches = await TokenCacheStore.open(cache);
    const changes = new Changes();
    const stop = caches.watch((change) => changes.add(change));
    const other = await TokenCacheStore.open(cache);
    await caches.load();
    await other.update(() => documentOf("ann", "bob"));
    await changes.until((change) => change.accountsAdded[0]?.local_account_id === "bob");
    await other.update(() => documentOf("bob"));
    await changes.until((change) => change.accountsRemoved[0]?.local_account_id === "ann");
    stop();
    const reported = changes.seen.length;
    await other.update(() => documentOf("cid"));
    await caches.load();
    equal(changes.seen.length, reported);
    await caches.close();
  });

  test("watch reports what is committed right after it, too", async (cache) => {
    await store(cache, "ann");
    const caches = await TokenCacheStore.open(cache);
    const changes = new Changes();
    caches.watch((change) => changes.add(change));
    await caches.update(() => documentOf("ann", "bob"));
    await changes.until((change) => change.accountsAdded[0]?.local_account_id === "bob");
    await caches.close();
  });
}

/** What `watch` has reported, and what it will. */
class Changes {
  readonly seen: CacheChange[] = [];
  #wake = () => {};

  add(change: CacheChange): void {
    this.seen.push(change);
    this.#wake();
  }

  async until(isIt: (change: CacheChange) => boolean): Promise<void> {
    while (!this.seen.some(isIt)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
