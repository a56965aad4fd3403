import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { pid, ppid } from "node:process";
import type { PersistenceError } from "../../../hosts/shared/index.ts";
import type { OnCache } from "../library-tests.ts";
import type { Target } from "../target.ts";

const brief = { retryNumber: 3, retryDelay: 10 };

export function lockTests({ library }: Target, test: OnCache): void {
  const { CrossPlatformLock, Logger } = library;
  const fileOf = (cache: string) => `${cache}.lockfile`;

  test("creates the lock file with the process in it, and removes it", async (cache) => {
    const lock = new CrossPlatformLock(fileOf(cache));
    await lock.lock();
    ok((await readFile(fileOf(cache), "utf8")).startsWith(String(pid)));
    await lock.unlock();
    ok(!existsSync(fileOf(cache)));
    await lock.lock();
    await lock.unlock();
  });

  test("excludes another, which waits retryNumber × retryDelay at most", async (cache) => {
    const lock = new CrossPlatformLock(fileOf(cache));
    await lock.lock();
    const other = new CrossPlatformLock(fileOf(cache), undefined, brief);
    await rejects(other.lock(), { code: "lock_timeout" });
    await lock.unlock();
    await other.lock();
    await other.unlock();
  });

  test("of the two either will do, the other is the Node peer's", async (cache) => {
    await writeFile(fileOf(cache), `${ppid} another`);
    for (const [options, waited] of [
      [{ retryNumber: 1 }, "0.1 s"],
      [{ retryDelay: 0.2 }, "0.1 s"],
    ] as const)
      await rejects(new CrossPlatformLock(fileOf(cache), undefined, options).lock(), (error: Error) =>
        error.message.includes(`within ${waited}`),
      );
    await rm(fileOf(cache));
  });

  test("a cache given for a lock file is neither taken over nor quoted", async (cache, folder) => {
    const other = await library.TokenCacheStore.open(`${folder}/other.json`, { alsoLock: [cache] });
    const lock = new CrossPlatformLock(cache, undefined, brief);
    const attempts = [() => lock.lock(), () => other.commit(undefined, '{"Account":{"a":{}}}')];
    for (const content of ['{"secret":1}', '\ufeff{\n  "secret": 1}', "eyJ.secret", "\u0001\0\0\0secret"]) {
      await writeFile(cache, content);
      await utimes(cache, 1, 1);
      for (const attempt of attempts)
        await rejects(attempt, ({ code, message, location }: PersistenceError) => {
          deepEqual([code, location, message.includes("secret")], ["bad_argument", cache, false]);
          return true;
        });
      equal(await readFile(cache, "utf8"), content);
    }
    deepEqual(await readdir(folder), ["cache.json"]);
    await other.close();
  });

  test("who gives up waiting leaves nothing beside the lock file", async (cache, folder) => {
    await writeFile(fileOf(cache), `${ppid} another`);
    const before = await readdir(folder);
    await rejects(new CrossPlatformLock(fileOf(cache), undefined, brief).lock(), { code: "lock_timeout" });
    deepEqual(await readdir(folder), before);
    await rm(fileOf(cache));
  });

  test("callers of one object, and of another, get it one after the other", async (cache) => {
    const locks = [new CrossPlatformLock(fileOf(cache)), new CrossPlatformLock(fileOf(cache))];
    let inside = 0;
    const section = async (lock: InstanceType<typeof CrossPlatformLock>) => {
      await lock.lock();
      try {
        equal(++inside, 1);
        await new Promise((resolve) => setTimeout(resolve, 0));
        inside -= 1;
      } finally {
        await lock.unlock();
      }
    };
    await Promise.all([...locks, ...locks, ...locks].map(section));
    ok(!existsSync(fileOf(cache)));
  });

  test("callers get it in the order in which they asked, those whose object has had it before and those whose has not", async (cache) => {
    const [used, holder] = [new CrossPlatformLock(fileOf(cache)), new CrossPlatformLock(fileOf(cache))];
    for (const lock of [used, holder]) {
      await lock.lock();
      await lock.unlock();
    }
    for (const isHeld of [false, true]) {
      const order: string[] = [];
      const section = async (lock: InstanceType<typeof CrossPlatformLock>, name: string) => {
        await lock.lock();
        order.push(name);
        await lock.unlock();
      };
      if (isHeld) await holder.lock();
      const sections = [section(new CrossPlatformLock(fileOf(cache)), "first"), section(used, "second")];
      if (isHeld) await holder.unlock();
      await Promise.all(sections);
      deepEqual(order, ["first", "second"]);
    }
  });

  test("taken away meanwhile, it is left to its new holder, and unlock says so", async (cache) => {
    const lock = new CrossPlatformLock(fileOf(cache));
    await lock.lock();
    await rm(fileOf(cache));
    await writeFile(fileOf(cache), "4711 somebody else");
    await rejects(lock.unlock(), { code: "lock_lost" });
    equal(await readFile(fileOf(cache), "utf8"), "4711 somebody else");
  });

  test("unlock of a lock that is not held warns, and leaves somebody else's alone", async (cache) => {
    const lines: string[] = [];
    const logger = new Logger({ loggerCallback: (_level, message) => lines.push(message) });
    await writeFile(fileOf(cache), "4711 somebody else");
    await new CrossPlatformLock(fileOf(cache), logger, brief).unlock();
    match(lines.join(), /Warning/);
    equal(await readFile(fileOf(cache), "utf8"), "4711 somebody else");
  });
}
