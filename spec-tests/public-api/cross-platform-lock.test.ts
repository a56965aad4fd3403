import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { CrossPlatformLock, Logger } from "../../hosts/node/index.ts";
import { temporaryFolder } from "../plugin/fixtures.ts";

const folder = temporaryFolder();
const lockFile = () => folder.file("cache.json.lockfile");
const brief = { retryNumber: 3, retryDelay: 10 };

describe("CrossPlatformLock", () => {
  test("creates the lock file with the process in it, and removes it", async () => {
    const lock = new CrossPlatformLock(lockFile());
    await lock.lock();
    expect(await readFile(lockFile(), "utf8")).toContain(String(process.pid));
    await lock.unlock();
    expect(existsSync(lockFile())).toBe(false);
    await lock.lock();
    await lock.unlock();
  });

  test("excludes another, which waits retryNumber × retryDelay at most", async () => {
    const lock = new CrossPlatformLock(lockFile());
    await lock.lock();
    const other = new CrossPlatformLock(lockFile(), undefined, brief);
    await expect(other.lock()).rejects.toMatchObject({ code: "lock_timeout" });
    await lock.unlock();
    await other.lock();
    await other.unlock();
  });

  test("hands over to whoever waits", async () => {
    const lock = new CrossPlatformLock(lockFile());
    const other = new CrossPlatformLock(lockFile());
    await lock.lock();
    let entered = false;
    const waiting = other.lock().then(() => {
      entered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(entered).toBe(false);
    await lock.unlock();
    await waiting;
    await other.unlock();
  });

  test("callers of one object get it one after the other", async () => {
    const lock = new CrossPlatformLock(lockFile());
    let inside = 0;
    const section = async () => {
      await lock.lock();
      try {
        expect(++inside).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 5));
        inside -= 1;
      } finally {
        await lock.unlock();
      }
    };
    await Promise.all([section(), section(), section()]);
    expect(existsSync(lockFile())).toBe(false);
  });

  test("taken away meanwhile, it is left to its new holder, and unlock says so", async () => {
    const lock = new CrossPlatformLock(lockFile());
    await lock.lock();
    await rm(lockFile());
    await writeFile(lockFile(), "4711 somebody else");
    await expect(lock.unlock()).rejects.toMatchObject({ code: "lock_lost" });
    expect(await readFile(lockFile(), "utf8")).toBe("4711 somebody else");
  });

  test("unlock of a lock that is not held warns, and leaves somebody else's alone", async () => {
    const lines: string[] = [];
    const logger = new Logger({ loggerCallback: (_level, message) => lines.push(message) });
    await writeFile(lockFile(), "4711 somebody else");
    const lock = new CrossPlatformLock(lockFile(), logger, brief);
    await lock.unlock();
    expect(lines.join()).toContain("Warning");
    expect(await readFile(lockFile(), "utf8")).toBe("4711 somebody else");
  });
});
