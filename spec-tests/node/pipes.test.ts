import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { needs } from "../encryption/tools.ts";
import { temporaryFolder } from "./fixtures.ts";

const dist = new URL("../../dist/", import.meta.url);
const HOST = `
  const { TokenCacheStore } = await import(new URL("bundles/node/index.js", dist));
  const store = await TokenCacheStore.open(cache);
  await store.commit(undefined, "{}");
  makePipe();
  console.log((await store.commit(undefined, "[]").catch((error) => error)).code);`;
const WASI = `
  const { WasiCache } = await import(new URL("spec-tests/wasi/wasi-cache.js", dist));
  const { STATUS } = await import(new URL("hosts/shared/errors/status.js", dist));
  makePipe();
  const { status } = new WasiCache(cache).commit(undefined, "{}");
  console.log(Object.keys(STATUS).find((name) => STATUS[name] === status));`;

/**
 * What a commit in a process of its own says: one that waits for somebody to write into a pipe cannot even time out.
 */
async function codeOfCommit(program: string, name: string): Promise<string> {
  const cache = join(temporaryFolder(), "cache");
  const source = `
    import { execFileSync } from "node:child_process";
    import { rmSync } from "node:fs";
    const [dist, cache, pipe] = ${JSON.stringify([dist, cache, join(cache, "..", name)])};
    function makePipe() {
      rmSync(pipe, { force: true });
      execFileSync("mkfifo", [pipe]);
    }${program}`;
  const args = ["--no-warnings", "--input-type=module", "-e", source];
  return (await promisify(execFile)(process.execPath, args, { timeout: 10_000 })).stdout.trim();
}

describe.runIf(needs("pipes with names", process.platform !== "win32"))(
  "a pipe that somebody has put in the place of",
  () => {
    it.each([
      ["the cache", "cache", HOST],
      ["the lock file", "cache.lockfile", HOST],
      ["the cache, through WASI", "cache", WASI],
      ["the lock file, through WASI", "cache.lockfile", WASI],
    ])("%s is an error, and nothing waits for it", { timeout: 20_000 }, async (_what, name, program) => {
      expect(await codeOfCommit(program, name)).toBe("not_a_file");
    });
  },
);
