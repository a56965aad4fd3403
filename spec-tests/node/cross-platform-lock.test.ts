import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { CrossPlatformLock } from "../../hosts/node/index.ts";
import { temporaryFolder } from "./fixtures.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));

/** Prints what `script` returns. */
async function inProcess(script: string, cwd: string, home?: string): Promise<unknown> {
  const library = `${root}dist/bundles/node/index.js`;
  const source = `const library = await import(${JSON.stringify(library)}); console.log(JSON.stringify(await (${script})(library)));`;
  const env = { ...process.env, ...(home && { HOME: home }) };
  return JSON.parse((await run(process.execPath, ["--input-type=module", "-e", source], { cwd, env })).stdout);
}

// The renewal, every 5 s, is what notices.
it("who has lost the lock gives back nothing of whoever got it next", { timeout: 30_000 }, async () => {
  const path = join(temporaryFolder(), "cache.lockfile");
  const lock = new CrossPlatformLock(path);
  await lock.lock();
  const next = lock.lock();
  unlinkSync(path);
  await next;
  await expect(lock.unlock()).rejects.toMatchObject({ code: "lock_not_held" });
  expect(existsSync(path)).toBe(true);
  await lock.unlock();
  expect(existsSync(path)).toBe(false);
});

it("expands ~, as the persistences do", async () => {
  const home = temporaryFolder();
  const script = `async ({ CrossPlatformLock }) => {
    const lock = new CrossPlatformLock("~/cache.lockfile");
    await lock.lock();
    const names = (await import("node:fs")).readdirSync(${JSON.stringify(home)});
    await lock.unlock();
    return names;
  }`;
  expect(await inProcess(script, home, home)).toEqual(["cache.lockfile"]);
});

it("a relative path stays the same file when the process goes to another folder", async () => {
  const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
  const script = `async ({ CrossPlatformLock, TokenCacheStore }) => {
    const [lock, store] = [new CrossPlatformLock("other.lockfile"), await TokenCacheStore.open("cache.json")];
    await lock.lock();
    process.chdir(${JSON.stringify(elsewhere)});
    await lock.unlock();
    await store.commit(undefined, '{"Account":{"a":{}}}');
    await store.close();
    const twice = await TokenCacheStore.open("x.json", { alsoLock: [process.cwd() + "/x.json.lockfile"], lockTimeoutMs: 500 });
    return (await twice.commit(undefined, "{}")).restarts;
  }`;
  expect(await inProcess(script, folder)).toBe(0);
  expect(readdirSync(folder)).toEqual(["cache.json"]);
  expect(readdirSync(elsewhere)).toEqual([]);
});

it("`..` behind a link is where the system finds it, in a relative path too", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "away", "inner"), { recursive: true });
  mkdirSync(join(folder, "here"));
  symlinkSync(join("..", "away", "inner"), join(folder, "here", "link"));
  const script = `async ({ TokenCacheStore }) => {
    for (const location of ["link/../cache.json", ".././here/link/../other.json", "../near.json"]) {
      const store = await TokenCacheStore.open(location);
      await store.commit(undefined, '{"Account":{"a":{}}}');
      await store.close();
    }
    return "done";
  }`;
  expect(await inProcess(script, join(folder, "here"))).toBe("done");
  expect(readdirSync(join(folder, "away")).sort()).toEqual(["cache.json", "inner", "other.json"]);
  expect(readdirSync(folder).sort()).toEqual(["away", "here", "near.json"]);
});
