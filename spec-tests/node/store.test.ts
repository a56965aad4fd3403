import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import { FilePersistence } from "../../hosts/node/index.ts";
import type { FileSystem } from "../../hosts/shared/files/file-system.ts";
import { EXT4, FUSE, NFS } from "../support/file-system-types.ts";
import {
  beforeCall,
  descriptors,
  errno,
  failing,
  meanwhile,
  names,
  nextTurn,
  temporaryFolder,
  withStaleHandles,
} from "./fixtures.ts";
import { createFileStore, realFileSystem } from "./replaced-runtime.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined) => content && new TextDecoder().decode(content);
const openFiles = () => readdirSync("/proc/self/fd").map((fd) => unlessGone(() => readlinkSync(`/proc/self/fd/${fd}`)));
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

/** The descriptor that lists the folder is gone when it is looked at. */
function unlessGone(look: () => string): string | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

describe("reading and replacing", () => {
  it("has nothing at first", async () => {
    const store = createFileStore(join(temporaryFolder(), "cache"));
    expect(await store.stat()).toBeUndefined();
    expect(await store.read()).toBeUndefined();
    expect(await store.remove()).toBe(false);
  });

  it("reads what was written, under the version that replace and stat report", async () => {
    const store = createFileStore(join(temporaryFolder(), "cache"));
    for (const content of ["one", "", "a third, longer one"]) {
      const { isUnique, ...version } = await store.replace(bytes(content));
      expect(isUnique).toBe(true);
      expect(await store.stat()).toEqual(version);
      expect(await store.read()).toEqual({ version, content: bytes(content) });
    }
  });

  it("does the same without waiting for the disk", async () => {
    const folder = temporaryFolder();
    const fs = failing("fsync", "EIO", 0);
    const store = createFileStore(join(folder, "cache"), { sync: false, fs });
    const { isUnique, ...version } = await store.replace(bytes("one"));
    expect(isUnique).toBe(true);
    await store.settle();
    expect(await store.read()).toEqual({ version, content: bytes("one") });
    expect(fs.calls).toBe(0);
  });

  it("dates each write with another microsecond, of the present or 2 ms later", async () => {
    let writes = 0;
    // Each drawn from others than the one before: drawn at random, two in one millisecond are now and then the same.
    const clock = { ...nodeHost.runtime.clock, random: () => writes / 40 };
    const store = createFileStore(join(temporaryFolder(), "cache"), { sync: false, clock });
    const times = new Set<bigint>();
    for (; writes < 40; writes++) {
      const before = BigInt(Date.now());
      const { mtimeNs } = await store.replace(bytes("one"));
      times.add(mtimeNs);
      expect(mtimeNs / 1_000_000n).toBeGreaterThanOrEqual(before);
      expect(mtimeNs / 1_000_000n).toBeLessThanOrEqual(BigInt(Date.now() + 2));
    }
    expect(times.size).toBe(40);
  });

  it("shows as changed what somebody writes in place at once", async () => {
    const location = join(temporaryFolder(), "cache");
    const store = createFileStore(location, { sync: false });
    for (let writes = 0; writes < 100; writes++) {
      const { mtimeNs } = await store.replace(bytes("one"));
      writeFileSync(location, "two", { flag: "r+" });
      expect((await store.stat())?.mtimeNs).not.toBe(mtimeNs);
    }
  });

  it("claims nothing of a time that the file system has not kept, or not taken", async () => {
    const location = join(temporaryFolder(), "cache");
    const wholeSeconds = meanwhile("futimes", (values) => {
      values[1] = values[2] = Math.ceil(Number(values[2]));
    });
    for (const fs of [failing("futimes", "EPERM"), wholeSeconds]) {
      const { isUnique, ...version } = await createFileStore(location, { fs }).replace(bytes("one"));
      expect(isUnique).toBe(false);
      expect(await createFileStore(location).read()).toEqual({ version, content: bytes("one") });
    }
  });

  it("keeps the file to its owner, and the folders it creates", async () => {
    const folder = temporaryFolder();
    const location = join(folder, "a", "b", "cache");
    const store = createFileStore(location);
    await store.replace(bytes("secret"));
    expect([mode(location), mode(join(folder, "a")), mode(join(folder, "a", "b"))]).toEqual(["600", "700", "700"]);
    chmodSync(location, 0o644);
    await store.replace(bytes("secret"));
    expect(mode(location)).toBe("600");
    expect(names(join(folder, "a", "b"))).toEqual(["cache"]);
  });

  it("writes on where the system took only a part", async () => {
    const folder = temporaryFolder();
    const write = (fd: number, content: Uint8Array, from: number, length: number, position: number, done: never) =>
      realFileSystem.write(fd, content, from, Math.min(3, length), position, done);
    const store = createFileStore(join(folder, "cache"), { fs: { ...realFileSystem, write: write as never } });
    await store.replace(bytes("ten bytes!"));
    expect(readFileSync(join(folder, "cache"), "utf8")).toBe("ten bytes!");
  });

  it("reads again what changed while it was read", async () => {
    const location = join(temporaryFolder(), "cache");
    writeFileSync(location, "old");
    const fs = meanwhile("read", () => writeFileSync(location, "a longer one"));
    const store = createFileStore(location, { fs });
    const stored = await store.read();
    expect(text(stored?.content)).toBe("a longer one");
    expect(stored?.version).toEqual(await store.stat());
  });

  it.each(["", "new", "as long one"])("reads again what became %j while it was read", async (content) => {
    const location = join(temporaryFolder(), "cache");
    writeFileSync(location, "an old text");
    utimesSync(location, 1, 1);
    const store = createFileStore(location, { fs: meanwhile("read", () => writeFileSync(location, content)) });
    expect(await store.read()).toEqual({ version: await store.stat(), content: bytes(content) });
  });

  it("gives the version from before when a file never holds still", async () => {
    const location = join(temporaryFolder(), "cache");
    writeFileSync(location, "");
    let written = "x";
    const fstat = (...args: unknown[]) => {
      written += "x";
      writeFileSync(location, written);
      (realFileSystem.fstat as (...args: unknown[]) => void)(...args);
    };
    const stored = await createFileStore(location, { fs: { ...realFileSystem, fstat: fstat as never } }).read();
    expect(stored!.version.size).toBeLessThan((await createFileStore(location).stat())!.size);
  });

  it("does not begin to read what is larger than asked for", async () => {
    const path = join(temporaryFolder(), "cache");
    writeFileSync(path, "12345");
    const fs = failing("read", "EIO", 0);
    const store = createFileStore(path, { fs });
    await expect(store.read(4)).rejects.toMatchObject({ code: "document_too_large" });
    expect(fs.calls).toBe(0);
    expect((await createFileStore(path).read(5))?.content).toHaveLength(5);
  });

  it("shows readers whole documents only, while it is replaced", async () => {
    const location = join(temporaryFolder(), "cache");
    const writer = createFileStore(location, { sync: false });
    const document = (n: number) =>
      bytes(JSON.stringify({ n, filler: String(n % 10).repeat(1 + ((n * 7919) % 50_000)) }));
    await writer.replace(document(0));
    let writing = true;
    const reader = async () => {
      const store = createFileStore(location);
      let reads = 0;
      let last = 0;
      for (; writing; reads++) {
        const stored = (await store.read())!;
        const { n, filler } = JSON.parse(text(stored.content)!);
        expect(filler).toBe(String(n % 10).repeat(1 + ((n * 7919) % 50_000)));
        expect(n).toBeGreaterThanOrEqual(last);
        expect(stored.version.size).toBe(BigInt(stored.content.length));
        last = n;
      }
      return reads;
    };
    const readers = [reader(), reader(), reader()];
    for (let n = 1; n <= 300; n++) {
      await writer.replace(document(n));
    }
    writing = false;
    for (const reads of await Promise.all(readers)) {
      expect(reads).toBeGreaterThan(10);
    }
  });

  it("sets the same content aside once, however often what follows fails", async () => {
    const folder = temporaryFolder();
    const store = createFileStore(join(folder, "cache"));
    writeFileSync(join(folder, "cache"), "damaged");
    const kept = await store.setAside();
    expect([await store.setAside(), await store.setAside()]).toEqual([kept, kept]);
    unlinkSync(kept);
    expect(readFileSync(await store.setAside(), "utf8")).toBe("damaged");
    await store.replace(bytes("damaged"));
    await store.setAside();
    expect(names(folder)).toHaveLength(3);
  });

  it.each(["open", "fsync"] as const)(
    "syncs a new file beside itself where %s is refused for a folder",
    async (call) => {
      const location = join(temporaryFolder(), "cache");
      const synced: boolean[] = [];
      const folders = new Set<number>();
      const fs: FileSystem = {
        ...realFileSystem,
        open: (path, flags, mode, done) => {
          const isFolder = path === dirname(location);
          if (isFolder && call === "open") return done(errno("EPERM"), -1);
          realFileSystem.open(path, flags, mode, (error, fd) => {
            if (isFolder) folders.add(fd);
            done(error, fd);
          });
        },
        fsync: (fd, done) => {
          if (folders.delete(fd)) return done(errno("ERR_ACCESS_DENIED"));
          synced.push(existsSync(location));
          realFileSystem.fsync(fd, done);
        },
      };
      const store = createFileStore(location, { fs });
      await store.replace(bytes("one"));
      await store.settle();
      expect(synced).toEqual([false, true]); // what is in the file, then its name
      expect(names(dirname(location))).toEqual(["cache"]);
      await store.remove();
      await store.settle();
      expect(synced).toEqual([false, true, false]);
      expect(names(dirname(location))).toEqual([]);
    },
  );

  it("leaks no descriptors where writes overlap", async () => {
    const store = createFileStore(join(temporaryFolder(), "cache"), { sync: false });
    await store.replace(bytes("first"));
    await store.settle();
    const before = descriptors();
    for (let round = 0; round < 20; round += 1) {
      await Promise.all([1, 2, 3].map(async (n) => store.replace(bytes(`${round} ${n}`))));
      await store.settle();
    }
    await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(before)); // closed on another thread
  });

  it("takes neither a device nor a pipe for a cache, and puts nothing in its place", async () => {
    const folder = temporaryFolder();
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    symlinkSync("/dev/null", join(folder, "device"));
    for (const name of ["pipe", "device"]) {
      const path = join(folder, name);
      await expect(FilePersistence.create(path)).rejects.toMatchObject({ code: "not_a_file" });
      const store = createFileStore(path);
      await expect(async () => store.stat()).rejects.toMatchObject({ code: "EISDIR" });
      await expect(async () => store.replace(bytes("a token"))).rejects.toMatchObject({ code: "EISDIR" });
      await expect(async () => store.remove()).rejects.toMatchObject({ code: "EISDIR" });
    }
    expect(lstatSync(pipe).isFIFO() && statSync("/dev/null").isCharacterDevice()).toBe(true);
    expect(names(folder).sort()).toEqual(["device", "pipe"]);
  });

  it("leaks no descriptors, whether or not what it has replaced is settled", async () => {
    const before = descriptors();
    const store = createFileStore(join(temporaryFolder(), "cache"), { sync: false });
    for (let n = 0; n < 50; n++) {
      await store.replace(bytes("x"));
      await store.read();
      if (n % 2) {
        await store.settle();
      }
    }
    await store.settle();
    await vi.waitFor(() => expect(descriptors()).toBe(before)); // the last ones are closed on another thread
  });

  it("gives the blocks of what it replaces back when the name has gone already, and not in the rename", async () => {
    const location = join(temporaryFolder(), "cache");
    const store = createFileStore(location, {
      fileSystemType: () => EXT4,
      fs: meanwhile("rename", () => expect(openFiles()).toContain(location), 2),
    });
    await store.replace(bytes("old"));
    await store.replace(bytes("new"));
    expect(openFiles()).toContain(`${location} (deleted)`);
    await store.settle();
    await vi.waitFor(() => expect(openFiles()).not.toContain(`${location} (deleted)`));
  });

  it.each<[string, () => number | undefined]>([
    ["on NFS", () => NFS],
    ["on a file system that is a program's", () => FUSE],
    ["where the file system cannot be told", () => undefined],
    [
      "where it is not to be asked for",
      () => {
        throw errno("ERR_ACCESS_DENIED");
      },
    ],
  ])("has not open what it renames onto %s: it might lose its name before", async (_where, fileSystemType) => {
    const location = join(temporaryFolder(), "cache");
    const renaming = vi.fn(() => expect(openFiles()).not.toContain(location));
    const store = createFileStore(location, { fileSystemType, fs: meanwhile("rename", renaming, 2) });
    await store.replace(bytes("old"));
    await store.replace(bytes("new"));
    expect(renaming).toHaveBeenCalledOnce();
    expect(openFiles()).not.toContain(`${location} (deleted)`);
  });
});

describe("on NFS, where another machine replaces the file", () => {
  it("reads what has replaced it, before whichever call that was", async () => {
    for (let nth = 1, isDone = false; !isDone; nth++) {
      const location = join(temporaryFolder(), "cache");
      const replace = () => {
        writeFileSync(`${location}.new`, "new");
        renameSync(`${location}.new`, location);
      };
      const fs = beforeCall(nth, replace, withStaleHandles(realFileSystem));
      const store = createFileStore(location, { fs, fileSystemType: () => NFS });
      writeFileSync(location, "old");
      const read = await store.read();
      isDone = fs.calls < nth;
      expect(["old", "new"]).toContain(text(read?.content));
    }
  });

  it.each(["stat", "read"] as const)(
    "reports what is replaced over and over as an error, not as absence: %s",
    async (operation) => {
      const stale = (_: unknown, ...args: unknown[]) =>
        setImmediate(() => (args.at(-1) as (error: Error) => void)(Object.assign(new Error(), { errno: -116 })));
      const location = join(temporaryFolder(), "cache");
      writeFileSync(location, "old");
      const fs = { ...realFileSystem, stat: stale, fstat: stale } as FileSystem;
      const before = descriptors();
      await expect(createFileStore(location, { fs })[operation]()).rejects.toMatchObject({ code: "ESTALE" });
      expect(descriptors()).toBe(before);
    },
  );
});

describe("links", () => {
  it("replaces what a link, or a chain of them, leads to", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "real"));
    writeFileSync(join(folder, "real", "cache"), "old");
    symlinkSync("real/cache", join(folder, "middle"));
    symlinkSync(join(folder, "middle"), join(folder, "link"));
    const store = createFileStore(join(folder, "link"));
    const { isUnique: _, ...version } = await store.replace(bytes("new"));
    expect(readFileSync(join(folder, "real", "cache"), "utf8")).toBe("new");
    expect(readlinkSync(join(folder, "link"))).toBe(join(folder, "middle"));
    expect(names(join(folder, "real"))).toEqual(["cache"]);
    expect(await store.stat()).toEqual(version);
  });

  it("creates what a dangling link leads to, and its folder", async () => {
    const folder = temporaryFolder();
    symlinkSync("elsewhere/cache", join(folder, "link"));
    const store = createFileStore(join(folder, "link"));
    expect(await store.read()).toBeUndefined();
    await store.replace(bytes("new"));
    expect(readFileSync(join(folder, "elsewhere", "cache"), "utf8")).toBe("new");
    expect(await store.remove()).toBe(true);
    expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
    expect(existsSync(join(folder, "elsewhere", "cache"))).toBe(false);
  });

  it("refuses a circle", async () => {
    const folder = temporaryFolder();
    symlinkSync("b", join(folder, "a"));
    symlinkSync("a", join(folder, "b"));
    const store = createFileStore(join(folder, "a"));
    await expect(store.replace(bytes("x"))).rejects.toMatchObject({ code: "ELOOP" });
    await expect(store.read()).rejects.toMatchObject({ code: "ELOOP" });
    expect(names(folder)).toEqual(["a", "b"]);
  });
});

describe("setting aside", () => {
  it("keeps a copy that writing in place does not reach", async () => {
    const folder = temporaryFolder();
    const location = join(folder, "cache");
    writeFileSync(location, "damaged", { mode: 0o644 });
    const name = await createFileStore(location).setAside();
    expect(name).toMatch(/cache\.damaged-\d{8}T\d{6}Z-[0-9a-f]{8}$/);
    writeFileSync(location, "overwritten");
    expect(readFileSync(name, "utf8")).toBe("damaged");
    expect(mode(name)).toBe("600");
    expect(names(folder)).toHaveLength(2);
  });

  it.each(["ENOSPC", "EDQUOT"])("falls back to a link when a copy finds no room (%s)", async (code) => {
    const folder = temporaryFolder();
    const location = join(folder, "cache");
    writeFileSync(location, "damaged");
    const setAside = () => createFileStore(location, { fs: failing("write", code) }).setAside();
    const name = await setAside();
    expect(name).toMatch(/cache\.damaged-\d{8}T\d{6}Z-[0-9a-f]{8}$/);
    expect(statSync(name).ino).toBe(statSync(location).ino);
    expect(await setAside()).toBe(name); // by another process
    expect(names(folder)).toHaveLength(2);
    unlinkSync(name);
    writeFileSync(name, "another");
    await expect(setAside()).rejects.toMatchObject({ code: "EEXIST" });
  });

  it("has nothing to keep where nothing is stored", async () => {
    const store = createFileStore(join(temporaryFolder(), "cache"));
    await expect(store.setAside()).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("what killed writers left behind", () => {
  it("is removed after the first replace, once it is old and its writer gone", async () => {
    const folder = temporaryFolder();
    const old = new Date(Date.now() - 120_000);
    const leave = (name: string, when: Date) => {
      writeFileSync(join(folder, name), "");
      utimesSync(join(folder, name), when, when);
    };
    leave(".cache.2147483646.0123456789ab.tmp", old); // no such process
    leave(`.cache.${process.pid}.0123456789ab.tmp`, old); // had our number before us
    leave(".cache.2147483646.ba9876543210.tmp", new Date());
    leave(`.cache.${process.ppid}.0123456789ab.tmp`, old);
    const foreign = [
      ".other.2147483646.0123456789ab.tmp",
      ".cache.2147483646.0123456789ab.tmp.mine",
      ".cache.2147483646.mine.tmp",
      ".cache.mine.2147483646.0123456789ab.tmp",
    ];
    for (const name of foreign) leave(name, old);
    const store = createFileStore(join(folder, "cache"));
    await store.replace(bytes("x"));
    await store.settle();
    expect(names(folder)).toEqual(
      [".cache.2147483646.ba9876543210.tmp", `.cache.${process.ppid}.0123456789ab.tmp`, ...foreign, "cache"].sort(),
    );
    leave(".cache.2147483646.0123456789ab.tmp", old);
    await store.replace(bytes("x"));
    await store.settle();
    expect(names(folder)).toHaveLength(8);
  });

  it.runIf(process.platform === "linux").each([
    ["stays as long as it is new where another machine may be creating it", NFS, 0, 1],
    ["goes when it is old there, too", NFS, 120_000, 0],
    ["goes by its modification time elsewhere", EXT4, 0, 0],
  ])("%s", async (_what, type, aheadMs, left) => {
    const folder = temporaryFolder();
    const name = join(folder, ".cache.2147483646.0123456789ab.tmp");
    writeFileSync(name, "");
    utimesSync(name, 7, 7); // what NFS 3 has there while it is created
    const clock = { ...nodeHost.runtime.clock, now: () => Date.now() + aheadMs };
    const store = createFileStore(join(folder, "cache"), { fileSystemType: () => type, clock });
    await store.replace(bytes("x"));
    await store.settle();
    expect(names(folder)).toHaveLength(left + 1);
  });

  it("is removed whatever lies beside it that cannot be", async () => {
    const folder = temporaryFolder();
    const old = new Date(Date.now() - 120_000);
    const [first, left] = [".cache.2147483646.000000000000.tmp", ".cache.2147483646.0123456789ab.tmp"];
    mkdirSync(join(folder, first));
    writeFileSync(join(folder, left), "a token");
    for (const name of [first, left]) utimesSync(join(folder, name), old, old);
    const store = createFileStore(join(folder, "cache"));
    await store.replace(bytes("x"));
    await store.settle();
    expect(names(folder)).toEqual([first, "cache"]);
  });

  it("does not matter when it cannot be looked for", async () => {
    const store = createFileStore(join(temporaryFolder(), "cache"), { fs: failing("readdir", "EACCES") });
    await store.replace(bytes("x"));
    expect(text((await store.read())?.content)).toBe("x");
  });
});

describe("watching", () => {
  /** Resolves at the first report. */
  const changed = (store: ReturnType<typeof createFileStore>) => {
    let end = () => {};
    const report = new Promise<void>((resolve) => {
      end = store.watch(resolve);
    });
    return { report, end: () => end() };
  };

  const writeUntil = async (report: Promise<void>, store: ReturnType<typeof createFileStore>) => {
    let reported = false;
    void report.then(() => {
      reported = true;
    });
    while (!reported) {
      await store.replace(bytes("x"));
      await nextTurn(); // without waiting for the disk a write may need none
    }
  };

  it("reports a replaced file, again and again, and ends", async () => {
    const location = join(temporaryFolder(), "cache");
    const store = createFileStore(location, { sync: false });
    await store.replace(bytes("one"));
    for (const content of ["two", "three"]) {
      const { report, end } = changed(store);
      await store.replace(bytes(content));
      await report;
      end();
    }
  });

  it("reports what a link leads to", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "real"));
    symlinkSync("real/cache", join(folder, "link"));
    const store = createFileStore(join(folder, "link"), { sync: false });
    const { report, end } = changed(store);
    await store.stat(); // behind the look at the link in the same queue of the thread pool
    const direct = createFileStore(join(folder, "real", "cache"), { sync: false });
    await writeUntil(report, direct);
    end();
  });

  it("goes on, and ends, where timers are numbers, as in Deno 2.2", async () => {
    const { setTimeout: start, clearTimeout: stop } = globalThis;
    const started: number[] = [];
    const stopped: unknown[] = [];
    vi.stubGlobal("setTimeout", (callback: () => void, ms: number) => {
      started.push(Number(start(callback, ms)));
      return started.at(-1);
    });
    vi.stubGlobal("clearTimeout", (timer: number | undefined) => {
      stopped.push(timer);
      stop(timer);
    });
    onTestFinished(() => void vi.unstubAllGlobals());
    const { end } = changed(createFileStore(join(temporaryFolder(), "cache"), { sync: false }));
    while (started.length === 0) await nextTurn();
    end();
    expect(stopped).toContain(started.at(-1));
  });

  it("polls where there is no watcher to be had", async () => {
    const location = join(temporaryFolder(), "cache");
    const watch = () => {
      throw errno("ENOSPC");
    };
    const store = createFileStore(location, { fs: { ...realFileSystem, watch: watch as never }, sync: false });
    const { report, end } = changed(store);
    await writeUntil(report, store);
    end();
  });

  it("polls from when the folder is missing until it is there", async () => {
    const location = join(temporaryFolder(), "later", "cache");
    const store = createFileStore(location, { sync: false });
    const { report, end } = changed(store);
    await store.stat();
    await writeUntil(report, store);
    end();
  });
});
