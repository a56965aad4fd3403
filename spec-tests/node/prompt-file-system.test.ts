import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FileSystem } from "../../hosts/shared/files/file-system.ts";
import { promptFileSystem, type SystemFunctions } from "../../hosts/shared/files/prompt-file-system.ts";
import { temporaryFolder } from "./fixtures.ts";

type Given = Parameters<typeof promptFileSystem>[0];

const KIB = 1024;
const NOTHING = Buffer.alloc(0);

/**
 * The real file system under a clock of the test's own, in which every call takes `tookMs`.
 * Counts what was called at once.
 */
function measured({ tookMs }: { readonly tookMs: number }) {
  const given = { tookMs, now: 0, atOnce: [] as string[] };
  const counted = Object.entries(fs)
    .filter(([name, value]) => name.endsWith("Sync") && typeof value === "function")
    .map(([name, value]) => [
      name,
      (...values: never[]) => {
        given.atOnce.push(name);
        given.now += given.tookMs;
        return (value as (...values: never[]) => unknown)(...values);
      },
    ]);
  const prompt = promptFileSystem({ ...fs, ...Object.fromEntries(counted) } as Given, () => given.now);
  return { prompt, given };
}

/** Whether the callback came before the function returned, and with what. */
function called<T>(start: (callback: (error: Error | null, value?: T) => void) => void) {
  let returned = false;
  const outcome = new Promise<{ atOnce: boolean; error: Error | null; value: T | undefined }>((resolve) => {
    start((error, value) => resolve({ atOnce: !returned, error, value }));
  });
  returned = true;
  return outcome;
}

const looked = (files: FileSystem, path: string) => called((done) => files.lstat(path, { bigint: true }, done));

describe("the prompt file system", () => {
  it("answers before it returns, with what the file system says", async () => {
    const path = join(temporaryFolder(), "cache.json");
    const { prompt } = measured({ tookMs: 0.01 });
    const opened = await called<number>((done) => prompt.open(path, "wx", 0o600, done));
    const fd = opened.value!;
    expect(opened.atOnce).toBe(true);
    expect(await called((done) => prompt.write(fd, Buffer.from("content"), 0, 7, 0, done))).toMatchObject({ value: 7 });
    expect((await looked(prompt, path)).value).toMatchObject({ size: 7n });
    expect(await called((done) => prompt.close(fd, done))).toMatchObject({ atOnce: true, error: null });
    expect(fs.readFileSync(path, "utf8")).toBe("content");
  });

  it("answers with an error, whose code it is", async () => {
    const { prompt } = measured({ tookMs: 0.01 });
    const outcome = await looked(prompt, join(temporaryFolder(), "missing"));
    expect(outcome).toMatchObject({ atOnce: true, error: { code: "ENOENT" } });
  });

  it("does not take what a callback throws for the call's error", () => {
    const { prompt } = measured({ tookMs: 0.01 });
    let calls = 0;
    const act = () =>
      prompt.lstat(temporaryFolder(), { bigint: true }, () => {
        calls += 1;
        throw new Error("of the callback");
      });
    expect(act).toThrow("of the callback");
    expect(calls).toBe(1);
  });

  it("waits for the disk, and for much content, elsewhere", async () => {
    const path = join(temporaryFolder(), "cache.json");
    const { prompt, given } = measured({ tookMs: 0.01 });
    const fd = fs.openSync(path, "w+");
    const content = Buffer.alloc(300 * KIB, "x");
    expect(await called((done) => prompt.write(fd, content, 0, content.length, 0, done))).toMatchObject({
      atOnce: false,
      value: content.length,
    });
    expect(await called((done) => prompt.read(fd, content, 0, content.length, 0, done))).toMatchObject({
      atOnce: false,
      value: content.length,
    });
    expect(await called((done) => prompt.fsync(fd, done))).toMatchObject({ atOnce: false, error: null });
    expect(await called((done) => prompt.read(fd, NOTHING, 0, 0, 0, done))).toMatchObject({ atOnce: true, value: 0 });
    expect(given.atOnce).toEqual(["readSync"]);
    fs.closeSync(fd);
  });

  it("leaves a file system that stood still to the thread pool, for fifty times as long", async () => {
    const folder = temporaryFolder();
    const { prompt, given } = measured({ tookMs: 300 });
    expect(await looked(prompt, folder)).toMatchObject({ atOnce: true });
    expect(await looked(prompt, folder)).toMatchObject({ atOnce: false, error: null });
    given.now = 300 + 14_999;
    expect(await looked(prompt, folder)).toMatchObject({ atOnce: false, error: null });
    given.now = 300 + 15_001;
    given.tookMs = 0.01;
    expect(await looked(prompt, folder)).toMatchObject({ atOnce: true });
    expect(await looked(prompt, folder)).toMatchObject({ atOnce: true });
  });

  it("and one that always takes 2 ms, for fifty times as long as it took to find out", async () => {
    const folder = temporaryFolder();
    const { prompt, given } = measured({ tookMs: 2 });
    const answers: boolean[] = [];
    for (let calls = 0; calls < 5; calls += 1) answers.push((await looked(prompt, folder)).atOnce);
    expect(answers).toEqual([true, true, true, true, false]);
    given.now = 8 + 399;
    expect((await looked(prompt, folder)).atOnce).toBe(false);
    given.now = 8 + 401;
    expect((await looked(prompt, folder)).atOnce).toBe(true);
  });

  it("but not one whose calls take long because the processor is wanted elsewhere", async () => {
    const folder = temporaryFolder();
    const { prompt, given } = measured({ tookMs: 0.01 });
    for (let calls = 1; calls <= 255; calls += 1) {
      given.tookMs = calls % 15 === 0 ? 40 : 0.01;
      expect((await looked(prompt, folder)).atOnce).toBe(true);
    }
  });

  it("waits for one call in 256 elsewhere all the same, so that the event loop turns", async () => {
    const folder = temporaryFolder();
    const { prompt } = measured({ tookMs: 0.01 });
    const elsewhere: number[] = [];
    for (let calls = 1; calls <= 600; calls += 1) if (!(await looked(prompt, folder)).atOnce) elsewhere.push(calls);
    expect(elsewhere).toEqual([256, 512]);
  });

  it("has every function that the hosts use", () => {
    const used = Object.keys(promptFileSystem(fs as unknown as SystemFunctions, () => 0));
    expect(used.sort()).toEqual(
      [
        ...[
          "chmod",
          "close",
          "closeElsewhere",
          "fchown",
          "fstat",
          "fsync",
          "ftruncate",
          "futimes",
          "link",
          "lstat",
          "mkdir",
          "open",
          "read",
        ],
        ...["readFile", "readdir", "readlink", "rename", "rmdir", "rmdirSync", "stat", "unlink", "utimes", "watch"],
        "write",
      ].sort(),
    );
  });
});
