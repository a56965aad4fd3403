import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import { Files } from "../../hosts/shared/files/file-system.ts";
import { makeFolder } from "../../hosts/shared/files/make-folder.ts";
import { createClock } from "../../hosts/shared/runtime/clock.ts";
import { type Call, descriptors, ERRNOS, errno, failing, names, temporaryFolder } from "./fixtures.ts";
import { createFileStore, realFileSystem } from "./replaced-runtime.ts";

const content = new TextEncoder().encode("new");

/** The n-th call of a function by one operation, and what it is for. */
const sites: Record<"replace" | "read" | "stat" | "remove" | "setAside", [Call, number, string][]> = {
  replace: [
    ["lstat", 1, "is the location a link"],
    ["open", 1, "the temporary file"],
    ["write", 1, "its content"],
    ["fsync", 1, "its content on disk"],
    ["fstat", 1, "its version"],
    ["close", 1, "the temporary file"],
    ["rename", 1, "publishing"],
  ],
  read: [
    ["open", 1, "the file"],
    ["fstat", 1, "before"],
    ["read", 1, "content"],
    ["fstat", 2, "after"],
    ["close", 1, "the file"],
  ],
  stat: [["stat", 1, "the file"]],
  remove: [
    ["lstat", 1, "is the location a link"],
    ["unlink", 1, "the file"],
  ],
  setAside: [
    ["open", 1, "the original"],
    ["read", 1, "the original"],
    ["open", 2, "the copy"],
    ["write", 1, "the copy"],
    ["fsync", 1, "the copy"],
    ["close", 2, "the copy"],
  ],
};

const cases = Object.entries(sites).flatMap(([operation, calls]) =>
  calls.flatMap(([call, nth, what]) => [...ERRNOS, "EEXIST"].map((code) => ({ operation, call, nth, what, code }))),
);

/** Where an error has an answer other than an error. */
const answered = (c: (typeof cases)[number]) =>
  c.operation === "setAside" &&
  (c.code === "ENOSPC" || c.code === "EDQUOT") &&
  `${c.call}${c.nth}` !== "open1" &&
  c.call !== "read";

describe.each(cases.filter((c) => !answered(c)))("$operation: $code from $call #$nth ($what)", (c) => {
  it("comes out with its code, the old content stays, nothing is left lying about", async () => {
    const folder = temporaryFolder();
    const location = join(folder, "cache");
    writeFileSync(location, "old");
    const fs = failing(c.call, c.code, c.nth);
    const store = createFileStore(location, { fs, platform: "linux" });
    const before = descriptors();
    const operation = c.operation as keyof typeof sites;
    const outcome = operation === "replace" ? store.replace(content) : store[operation]();
    await expect(outcome).rejects.toMatchObject({ code: c.code });
    expect(fs.calls).toBeGreaterThanOrEqual(c.nth);
    expect(readFileSync(location, "utf8")).toBe("old");
    expect(names(folder)).toEqual(["cache"]);
    // A close that is refused leaves its descriptor open; everything else is closed.
    expect(descriptors()).toBe(before + (c.call === "close" ? 1 : 0));
  });
});

describe.each(ERRNOS)("%s while syncing the folder", (code) => {
  it.each([
    ["open", 2],
    ["fsync", 2],
    ["close", 2],
  ] as const)("from %s #%i does not take back what is published", async (call, nth) => {
    const folder = temporaryFolder();
    const location = join(folder, "cache");
    const fs = failing(call, code, nth);
    const store = createFileStore(location, { fs });
    const { isUnique: _, ...version } = await store.replace(content);
    await store.settle();
    expect(fs.calls).toBeGreaterThanOrEqual(nth);
    expect(await createFileStore(location).read()).toEqual({ version, content });
    expect(names(folder)).toEqual(["cache"]);
  });
});

describe("folders", () => {
  it.each(ERRNOS)("%s from mkdir comes out", async (code) => {
    const folder = temporaryFolder();
    const store = createFileStore(join(folder, "missing", "cache"), { fs: failing("mkdir", code) });
    await expect(store.replace(content)).rejects.toMatchObject({ code });
    expect(names(folder)).toEqual([]);
  });

  it.each(["EPERM", "EACCES", "EROFS"])("%s from mkdir is no matter where the folder is there", async (code) => {
    const fs = failing("mkdir", code, 0);
    const runtime = { ...nodeHost.runtime, fs };
    const folder = temporaryFolder();
    await makeFolder(new Files(fs), runtime, folder);
    writeFileSync(join(folder, "file"), "");
    for (const path of [join(folder, "file"), join(folder, "missing")])
      await expect(makeFolder(new Files(fs), runtime, path)).rejects.toMatchObject({ code });
  });

  it.runIf(process.platform === "linux")("a place where nobody can make folders is refused", async () => {
    const store = createFileStore("/proc/no/such/folder/cache");
    await expect(store.replace(content)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("a folder at the location, or a file among its folders, is refused and left alone", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "taken"));
    writeFileSync(join(folder, "file"), "");
    await expect(createFileStore(join(folder, "taken")).replace(content)).rejects.toMatchObject({ code: "EISDIR" });
    await expect(createFileStore(join(folder, "taken")).read()).rejects.toMatchObject({ code: "EISDIR" });
    await expect(createFileStore(join(folder, "file", "x")).replace(content)).rejects.toMatchObject({
      code: "ENOTDIR",
    });
    await expect(createFileStore(join(folder, "file", "x")).stat()).rejects.toMatchObject({ code: "ENOTDIR" });
    expect(names(folder)).toEqual(["file", "taken"]);
  });

  it("a location that is no path is refused", async () => {
    const store = createFileStore("a\0b");
    await expect(store.stat()).rejects.toMatchObject({ code: "ERR_INVALID_ARG_VALUE" });
    await expect(store.replace(content)).rejects.toMatchObject({ code: "ERR_INVALID_ARG_VALUE" });
  });
});

describe("what disappears between two looks", () => {
  it.each([
    ["stat", "stat", undefined],
    ["read", "open", undefined],
    ["remove", "unlink", false],
  ] as const)("%s: ENOENT from %s means there is nothing", async (operation, call, outcome) => {
    const location = join(temporaryFolder(), "cache");
    writeFileSync(location, "old");
    const store = createFileStore(location, { fs: failing(call, "ENOENT") });
    expect(await store[operation]()).toBe(outcome);
  });

  it("the folder, before the rename", async () => {
    const folder = temporaryFolder();
    const store = createFileStore(join(folder, "cache"), { fs: failing("rename", "ENOENT") });
    await expect(store.replace(content)).rejects.toMatchObject({ code: "ENOENT" });
    expect(names(folder)).toEqual([]);
  });
});

describe("on Windows", () => {
  /** A clock that only counts. */
  const patience = () => {
    const waits: number[] = [];
    const sleep = (ms: number) => {
      waits.push(ms);
    };
    return { waits, clock: { ...createClock(), sleep } };
  };

  it.each(["EPERM", "EACCES", "EBUSY"])("a rename refused with %s is tried again, ever later", async (code) => {
    const location = join(temporaryFolder(), "cache");
    const { waits, clock } = patience();
    let refusals = 5;
    const rename = (from: string, to: string, done: (error: Error | null) => void) =>
      refusals-- > 0 ? done(errno(code)) : realFileSystem.rename(from, to, done);
    const fs = { ...realFileSystem, rename: rename as never };
    await createFileStore(location, { fs, clock, platform: "win32" }).replace(content);
    expect(readFileSync(location, "utf8")).toBe("new");
    expect(waits).toEqual([1, 2, 4, 8, 16]);
  });

  it.each(["EPERM", "EACCES", "EBUSY"])("opening that is refused with %s is tried again", async (code) => {
    const location = join(temporaryFolder(), "cache");
    await createFileStore(location).replace(content);
    const { waits, clock } = patience();
    let refusals = 3;
    const open = (path: string, flags: string, mode: number, done: (error: Error | null) => void) =>
      refusals-- > 0 ? done(errno(code)) : realFileSystem.open(path, flags, mode, done as never);
    const store = createFileStore(location, {
      fs: { ...realFileSystem, open: open as never },
      clock,
      platform: "win32",
    });
    expect((await store.read())?.content).toEqual(content);
    expect(waits).toEqual([1, 2, 4]);
  });

  it.each(["EPERM", "EACCES", "EBUSY"])("%s comes out after about two seconds", async (code) => {
    const folder = temporaryFolder();
    const { waits, clock } = patience();
    const store = createFileStore(join(folder, "cache"), { fs: failing("rename", code, 0), clock, platform: "win32" });
    await expect(store.replace(content)).rejects.toMatchObject({ code });
    const total = waits.reduce((sum, ms) => sum + ms, 0);
    expect(total).toBeGreaterThan(1900);
    expect(total).toBeLessThan(2200);
    expect(names(folder)).toEqual([]);
  });

  it("any other refusal comes out at once", async () => {
    const { waits, clock } = patience();
    const fs = failing("rename", "ENOSPC", 0);
    const store = createFileStore(join(temporaryFolder(), "cache"), { fs, clock, platform: "win32" });
    await expect(store.replace(content)).rejects.toMatchObject({ code: "ENOSPC" });
    expect(waits).toEqual([]);
  });
});
