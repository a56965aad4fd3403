import {
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import { foreignFunctions } from "../../hosts/node/foreign-functions.ts";
import { loadKernelLocks } from "../../hosts/node/kernel-locks.ts";
import type { Lock, LockInspection } from "../../hosts/shared/core/capabilities.ts";
import type { KernelLocks } from "../../hosts/shared/lock/kernel-locks.ts";
import { createClock } from "../../hosts/shared/runtime/clock.ts";
import { needs } from "../encryption/tools.ts";
import { EXT4, FUSE, NFS } from "../support/file-system-types.ts";
import { abandoned, acquire, tryAcquire } from "./acquire.ts";
import {
  beforeCall,
  descriptors,
  errno,
  failing,
  meanwhile,
  names,
  nextTurn,
  temporaryFolder,
  withLinksApart,
  withLinksShut,
  withoutLinks,
  withStaleHandles,
} from "./fixtures.ts";
import { createLock, type LockOptions, realFileSystem } from "./replaced-runtime.ts";

const [F_OFD_SETLK, F_WRLCK, LOCK_EX, LOCK_NB] = [37, 1, 2, 4]; // Linux
const NOBODY = 2147483646; // no system gives this number to a process

/** "both": where another machine may use the folder, too. That is kind P, with kernel locks as well. */
type Kind = "K" | "P" | "both";
const lockIn = (folder: string, kind: Kind, options: LockOptions = {}) =>
  createLock(join(folder, "cache.lockfile"), {
    kernelLocks: kind !== "P",
    ...(kind === "both" && { fileSystemType: () => NFS }),
    ...options,
  });
/** What a program serves may be another machine's, so there kind K has both: what nobody knows stands in for it. */
const ofProgram = (kind: Kind) => () => (kind === "K" ? undefined : FUSE);

/** A lock file whose process is gone. */
function leaveBehind(path: string, content = `${NOBODY} gone`): void {
  writeFileSync(path, content);
}

const NOTHING_SEEN: LockInspection = {
  inode: 0n,
  size: 0,
  mtimeMs: 0,
  leaseMtimeMs: undefined,
  kernelLocked: false,
  content: new Uint8Array(0),
};

/** What a holder of this kind has on disk. */
const onDisk = {
  K: ["cache.lockfile"],
  P: ["cache.lockfile", "cache.lockfile.lock"],
  both: ["cache.lockfile", "cache.lockfile.lock"],
};

it("has kernel locks here", () => {
  expect(loadKernelLocks(), "koffi is not installed: half of what follows would test nothing").toBeDefined();
});

describe.each<Kind>(["K", "P", "both"])("kind %s", (kind) => {
  it("creates, holds and releases", async () => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, kind);
    const before = descriptors();
    expect(lock.kind).toBe(kind === "K" ? "K" : "P");
    expect(await lock.inspect()).toBeUndefined();
    expect(await lock.check()).toBe(false);
    expect(await lock.create()).toBe(true);
    expect(await lock.check()).toBe(true);
    expect(await lock.create()).toBe(false);
    expect(await lock.check()).toBe(true);
    expect(names(folder)).toEqual(onDisk[kind]);
    expect(readFileSync(lock.path, "utf8")).toMatch(new RegExp(`^${process.pid} \\S+$`));
    expect(statSync(lock.path).mode & 0o777).toBe(0o600);
    await lock.release();
    await lock.release();
    expect(await lock.check()).toBe(false);
    expect(names(folder)).toEqual([]);
    expect(descriptors()).toBe(before);
  });

  it.each([
    ["is another file", withLinksApart],
    ["cannot be opened", withLinksShut],
  ])("creates, holds and releases where a link %s", async (_, withLinks) => {
    const folder = temporaryFolder();
    const before = descriptors();
    const options = { fs: withLinks(realFileSystem), fileSystemType: ofProgram(kind) };
    const lock = lockIn(folder, kind, options);
    for (let times = 1; times <= 2; times++) {
      expect(await lock.create()).toBe(true);
      expect(names(folder)).toEqual(onDisk[kind]);
      const other = lockIn(folder, kind, options);
      expect(await other.create()).toBe(false);
      expect((await other.inspect())?.inode).toBe(statSync(lock.path, { bigint: true }).ino);
      await other.release(); // of what it has prepared
      expect(await lock.touch()).toBe(true);
      expect(await lock.check()).toBe(true);
      await lock.release();
      expect(names(folder)).toEqual([]);
    }
    expect(descriptors()).toBe(before);
  });

  it("creates the folder it needs, for its owner only", async () => {
    const folder = join(temporaryFolder(), "a", "b");
    const lock = lockIn(folder, kind);
    expect(await lock.create()).toBe(true);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await lock.release();
  });

  it("inspects what it finds", async () => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, kind);
    leaveBehind(lock.path, "x".repeat(3000));
    const stat = statSync(lock.path, { bigint: true });
    const seen = (await lock.inspect())!;
    expect(seen).toMatchObject({ inode: stat.ino, size: 3000, leaseMtimeMs: undefined, kernelLocked: false });
    expect(seen.mtimeMs).toBeCloseTo(Number(stat.mtimeNs) / 1e6, 2);
    expect(Buffer.from(seen.content).toString()).toBe("x".repeat(1024));
    mkdirSync(`${lock.path}.lock`);
    expect((await lock.inspect())!.leaseMtimeMs).toBeCloseTo(statSync(`${lock.path}.lock`).mtimeMs, 0);
  });

  it("takes over what is as inspected", async () => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, kind);
    leaveBehind(lock.path, `${NOBODY} a name longer than that of this process, by far`);
    expect(await lock.takeOver((await lock.inspect())!)).toBe("taken");
    expect(readFileSync(lock.path, "utf8")).toMatch(new RegExp(`^${process.pid} \\S+$`));
    expect(await lock.check()).toBe(true);
    expect(names(folder)).toEqual(onDisk[kind]);
    await lock.release();
    expect(names(folder)).toEqual([]);
  });

  it.each([
    ["is gone", (path: string) => unlinkSync(path)],
    ["has other content", (path: string) => writeFileSync(path, "1 somebody else")],
    ["was touched", (path: string) => utimesSync(path, 1, 1)],
    [
      "is another file of the same look",
      (path: string) => {
        const { mtime } = statSync(path);
        writeFileSync(`${path}.new`, readFileSync(path));
        utimesSync(`${path}.new`, mtime, mtime);
        renameSync(`${path}.new`, path);
      },
    ],
  ])("leaves alone what %s since", async (_, change) => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, kind);
    leaveBehind(lock.path);
    utimesSync(lock.path, 1000, 1000);
    const seen = (await lock.inspect())!;
    change(lock.path);
    const content = existsSync(lock.path) ? readFileSync(lock.path, "utf8") : undefined;
    const before = descriptors();
    expect(await lock.takeOver(seen)).toBe("changed");
    expect(existsSync(lock.path) ? readFileSync(lock.path, "utf8") : undefined).toBe(content);
    expect(names(folder)).toEqual(content === undefined ? [] : ["cache.lockfile"]);
    expect(await lock.check()).toBe(false);
    expect(descriptors()).toBe(before);
  });

  it.runIf(needs("the user root", process.getuid?.() === 0))("does without an owner that it cannot give", async () => {
    const folder = temporaryFolder();
    chownSync(folder, 1000, 1000);
    const lock = lockIn(folder, kind, { fs: failing("fchown", "EPERM", 0) });
    expect(await lock.create()).toBe(true);
    await lock.release();
    expect(names(folder)).toEqual([]);
  });

  it("renews its modification time", async () => {
    const lock = lockIn(temporaryFolder(), kind, { clock: { ...createClock(), now: () => 1_000_000 } });
    expect(await lock.touch()).toBe(false);
    await lock.create();
    expect(await lock.touch()).toBe(true);
    expect(statSync(lock.path).mtimeMs).toBe(1_000_000);
    expect(await lock.check()).toBe(true);
    await lock.release();
  });

  it.each([
    ["removed", (path: string) => unlinkSync(path)],
    [
      "replaced",
      (path: string) => {
        unlinkSync(path); // its number is free for the next file, were it not held open
        writeFileSync(path, "1 somebody else");
      },
    ],
  ])("knows when its file was %s, and leaves what is there", async (_, change) => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, kind);
    const before = descriptors();
    await lock.create();
    change(lock.path);
    expect(await lock.check()).toBe(false);
    expect(await lock.touch()).toBe(false);
    const there = existsSync(lock.path);
    await lock.release();
    expect(existsSync(lock.path)).toBe(there);
    expect(descriptors()).toBe(before);
    rmSync(lock.path, { force: true });
    expect(await lock.create()).toBe(true); // and can begin again
    await lock.release();
  });

  it("begins again without having released what was taken away", async () => {
    const lock = lockIn(temporaryFolder(), kind);
    const before = descriptors();
    await lock.create();
    unlinkSync(lock.path);
    expect(await lock.create()).toBe(true);
    expect(await lock.check()).toBe(true);
    await lock.release();
    expect(descriptors()).toBe(before);
  });

  it("follows no link", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "precious"), "content");
    symlinkSync("precious", join(folder, "cache.lockfile"));
    const lock = lockIn(folder, kind);
    expect(await lock.create()).toBe(false);
    await expect(lock.inspect()).rejects.toMatchObject({ code: "ELOOP" });
    expect(readFileSync(join(folder, "precious"), "utf8")).toBe("content");
  });

  it("excludes others in the same process", async () => {
    const folder = temporaryFolder();
    let inside = 0;
    let entered = 0;
    const enter = async () => {
      const lock = lockIn(folder, kind);
      for (let n = 0; n < 10; n++) {
        await acquire(lock);
        expect(++inside).toBe(1);
        await lock.wait(0);
        expect(await lock.check()).toBe(true);
        inside--;
        entered++;
        await lock.release();
      }
    };
    await Promise.all([enter(), enter(), enter(), enter()]);
    expect(entered).toBe(40);
    expect(names(folder)).toEqual([]);
  });

  describe("whose file is removed on another machine, before each of its calls in turn", () => {
    /** `content`: of the lock file there is to begin with. */
    async function removedBeforeEach<T>(
      content: string | undefined,
      act: (lock: Lock) => Promise<T>,
      expected: (outcome: T) => void,
    ): Promise<void> {
      for (let nth = 1, isDone = false; !isDone; nth++) {
        const folder = temporaryFolder();
        const before = descriptors();
        const remove = () => rmSync(lock.path, { force: true });
        const fs = beforeCall(nth, remove, withStaleHandles(realFileSystem));
        const lock = lockIn(folder, kind, { fs });
        if (content !== undefined) leaveBehind(lock.path, content);
        expected(await act(lock));
        isDone = fs.calls < nth;
        await lock.release();
        expect(names(folder)).toEqual(isDone && content?.startsWith("1 ") ? ["cache.lockfile"] : []);
        expect(descriptors()).toBe(before);
      }
    }

    it("finds it or finds nothing", () =>
      removedBeforeEach(
        "1 somebody",
        async (lock) => lock.inspect(),
        (seen) => seen && expect(new TextDecoder().decode(seen.content)).toBe("1 somebody"),
      ));

    it("takes it over or finds it changed", () =>
      removedBeforeEach(
        `${NOBODY} gone`,
        async (lock) => lock.takeOver((await lock.inspect()) ?? NOTHING_SEEN),
        (outcome) => expect(["taken", "changed"]).toContain(outcome),
      ));

    it("holds it, or knows that it has lost it", () =>
      removedBeforeEach(
        undefined,
        async (lock) => {
          await lock.create();
          const touched = [await lock.touch(), existsSync(lock.path)];
          return { touched, checked: [await lock.check(), existsSync(lock.path)] };
        },
        ({ touched, checked }) => {
          expect(touched[1]).toBe(touched[0]);
          expect(checked[1]).toBe(checked[0]);
        },
      ));
  });

  it.each<Kind>(["K", "P", "both"])("respects a holder of kind %s", async (other) => {
    const folder = temporaryFolder();
    const holder = lockIn(folder, other);
    await holder.create();
    const contender = lockIn(folder, kind);
    expect(await tryAcquire(contender)).toBeUndefined();
    // Both are this process, in which kind K may have been another thread that is gone: there the kernel is asked.
    expect(await abandoned(contender, (await contender.inspect())!)).toBe(kind === "K" && other === "K");
    expect(await holder.check()).toBe(true);
    await holder.release();
    expect(await tryAcquire(contender)).toBe("created");
    await contender.release();
  });
});

describe("both at once", () => {
  it("keeps out those who know kernel locks alone", async () => {
    const kernel = loadKernelLocks()!;
    const lock = lockIn(temporaryFolder(), "both");
    for (const isTakenOver of [false, true]) {
      if (isTakenOver) {
        leaveBehind(lock.path);
        utimesSync(lock.path, 1, 1);
      }
      expect(await tryAcquire(lock)).toBe(isTakenOver ? "taken" : "created");
      const fd = openSync(lock.path, "r+");
      expect(kernel.lock(fd, lock.path)).toBe(false);
      closeSync(fd);
      await lock.release();
    }
  });

  it("takes nothing from whom it sees by kernel locks alone, and keeps no lease for it", async () => {
    const folder = temporaryFolder();
    const holder = lockIn(folder, "K");
    await holder.create();
    utimesSync(holder.path, 1, 1);
    const contender = lockIn(folder, "both");
    expect(await contender.takeOver((await contender.inspect())!)).toBe("busy");
    expect(names(folder)).toEqual(onDisk.K);
    expect(await holder.check()).toBe(true);
    await holder.release();
  });

  const secondsAgo = (seconds: number) => Date.now() / 1000 - seconds;

  it.each([
    ["a process of another number", `${NOBODY} elsewhere`],
    ["its own number", `${process.pid} elsewhere`],
  ])("takes nothing from %s, which may be on another machine, before its file is old", async (_, content) => {
    const lock = lockIn(temporaryFolder(), "both", { startedMs: Date.now() });
    leaveBehind(lock.path, content);
    utimesSync(lock.path, secondsAgo(25), secondsAgo(25));
    expect(await tryAcquire(lock)).toBeUndefined();
    await expect(lock.processAlive(Number.parseInt(content, 10))).rejects.toMatchObject({ code: "not_supported" });
    utimesSync(lock.path, secondsAgo(31), secondsAgo(31));
    expect(await tryAcquire(lock)).toBe("taken");
    await lock.release();
  });

  it("takes the lock from whom it does not see and who does not renew the lease", async () => {
    const lock = lockIn(temporaryFolder(), "both");
    leaveBehind(lock.path);
    mkdirSync(`${lock.path}.lock`);
    for (const [seconds, how] of [
      [7, undefined],
      [9, "taken"],
    ] as const) {
      utimesSync(`${lock.path}.lock`, secondsAgo(seconds), secondsAgo(seconds));
      expect(await tryAcquire(lock)).toBe(how);
    }
    await lock.release();
  });
});

describe.each<Kind>(["K", "P", "both"])("over 9P, kind %s", (kind) => {
  it("looks again where a name that was in the way goes while it is linked to", async () => {
    const lock = lockIn(temporaryFolder(), kind, { fs: failing("link", "ENOENT"), fileSystemType: () => EXT4 });
    expect(await lock.create()).toBe(false);
    expect(await lock.create()).toBe(true);
    expect(await lock.check()).toBe(true);
    await lock.release();
  });

  it("dates the file that it holds where the server goes by the name it was opened by", async () => {
    const folder = temporaryFolder();
    const before = descriptors();
    let isNext = false;
    const fs = {
      ...realFileSystem,
      futimes: (...args: Parameters<typeof realFileSystem.futimes>) => {
        if (!isNext) return realFileSystem.futimes(...args);
        isNext = false;
        return args[3](errno("ENOENT"));
      },
    };
    const lock = lockIn(folder, kind, { fs, clock: { ...createClock(), now: () => 1_000_000 } });
    await lock.create();
    isNext = true;
    expect(await lock.touch()).toBe(true);
    expect(isNext).toBe(false);
    expect(statSync(lock.path).mtimeMs).toBe(1_000_000);
    await lock.release();
    expect(descriptors()).toBe(before);
  });
});

describe("kind K", () => {
  it("finds a live holder busy however old its file", async () => {
    const folder = temporaryFolder();
    const holder = lockIn(folder, "K");
    await holder.create();
    utimesSync(holder.path, 1, 1);
    const contender = lockIn(folder, "K");
    const content = readFileSync(holder.path, "utf8");
    expect(await contender.takeOver((await contender.inspect())!)).toBe("busy");
    expect(await holder.check()).toBe(true);
    expect(readFileSync(holder.path, "utf8")).toBe(content);
    await holder.release();
  });

  it("is complete and locked from the moment it appears", async () => {
    const kernel = loadKernelLocks()!;
    const folder = temporaryFolder();
    let seen: string | undefined;
    const lock: Lock = lockIn(folder, "K", {
      fs: {
        ...realFileSystem,
        link: ((from: string, to: string, callback: (error: Error | null) => void) =>
          realFileSystem.link(from, to, (error) => {
            seen = readFileSync(lock.path, "utf8");
            const fd = openSync(lock.path, "r+");
            expect(kernel.lock(fd, lock.path)).toBe(false);
            closeSync(fd);
            callback(error);
          })) as typeof realFileSystem.link,
      },
    });
    expect(await lock.create()).toBe(true);
    expect(seen).toMatch(new RegExp(`^${process.pid} `));
    expect(names(folder)).toEqual(["cache.lockfile"]);
    await lock.release();
  });

  it("gives way to whoever publishes first, and leaves nothing of its own when it waits no longer", async () => {
    const folder = temporaryFolder();
    const before = descriptors();
    const lock = lockIn(folder, "K", { fs: meanwhile("link", () => writeFileSync(lock.path, "1 another")) });
    expect(await lock.create()).toBe(false);
    await lock.release();
    expect(names(folder)).toEqual(["cache.lockfile"]);
    expect(readFileSync(lock.path, "utf8")).toBe("1 another");
    expect(descriptors()).toBe(before);
  });

  it("tries again with the file that it has prepared, dated anew", async () => {
    const folder = temporaryFolder();
    let now = Date.now();
    const lock = lockIn(folder, "K", { clock: { ...createClock(), now: () => now } });
    writeFileSync(lock.path, "1 another");
    expect(await lock.create()).toBe(false);
    const prepared = names(folder).find((name) => name.endsWith(".tmp"))!;
    const { ino } = statSync(join(folder, prepared));
    unlinkSync(lock.path);
    now += 5_000;
    expect(await lock.create()).toBe(true);
    expect(statSync(lock.path).ino).toBe(ino);
    expect(statSync(lock.path).mtimeMs).toBeCloseTo(now, 0);
    expect(names(folder)).toEqual(["cache.lockfile"]);
    await lock.release();
  });

  it("removes what contenders left that were killed while they waited, once it has met one itself", async () => {
    const folder = temporaryFolder();
    const left = (pid: number, name: string, ageSeconds: number) => {
      const path = join(folder, `.cache.lockfile.${pid}.${name}.tmp`);
      writeFileSync(path, "");
      const then = Date.now() / 1000 - ageSeconds;
      utimesSync(path, then, then);
    };
    left(NOBODY, "aaa", 120);
    left(NOBODY, "bbb", 10);
    left(process.ppid, "ccc", 120);
    const lock = lockIn(folder, "K");
    await lock.create();
    await lock.release();
    expect(names(folder)).toHaveLength(3);
    writeFileSync(lock.path, "1 another");
    expect(await lock.create()).toBe(false);
    unlinkSync(lock.path);
    expect(await lock.create()).toBe(true);
    await lock.release();
    expect(names(folder)).toEqual(
      [`.cache.lockfile.${NOBODY}.bbb.tmp`, `.cache.lockfile.${process.ppid}.ccc.tmp`].sort(),
    );
  });

  it("prepares another where the prepared one has been removed, with its folder", async () => {
    const folder = join(temporaryFolder(), "below");
    const lock = lockIn(folder, "K");
    mkdirSync(folder);
    writeFileSync(lock.path, "1 another");
    expect(await lock.create()).toBe(false);
    rmSync(folder, { recursive: true });
    expect(await lock.create()).toBe(true);
    expect(names(folder)).toEqual(["cache.lockfile"]);
    await lock.release();
  });

  it("tries again when its first kernel lock is refused", async () => {
    const kernel = loadKernelLocks()!;
    let other: number | undefined;
    const sleep = () => new Promise<void>((done) => realFileSystem.close(other!, () => done()));
    const lock = lockIn(temporaryFolder(), "K", {
      fs: withoutLinks(
        meanwhile(
          "fstat",
          () => {
            other = openAndLock(lock.path, kernel);
          },
          2,
        ),
      ),
      clock: { ...createClock(), sleep },
    });
    expect(await lock.create()).toBe(true);
    await lock.release();
  });

  it("gives way to whoever locks its new file first, and leaves it to them", async () => {
    const kernel = loadKernelLocks()!;
    let other = -1;
    const lock = lockIn(temporaryFolder(), "K", {
      fs: withoutLinks(
        meanwhile(
          "fstat",
          () => {
            other = openAndLock(lock.path, kernel);
          },
          2,
        ),
      ),
    });
    const before = descriptors();
    expect(await lock.create()).toBe(false);
    expect(readFileSync(lock.path, "utf8")).toBe("");
    expect(await lock.check()).toBe(false);
    expect(descriptors()).toBe(before + 1);
    await new Promise<void>((done) => realFileSystem.close(other, () => done()));
  });

  it("sees that its new file was removed before it was locked", async () => {
    const folder = temporaryFolder();
    // The first look is whether it has got its name in spite of the error.
    const lock = lockIn(folder, "K", { fs: withoutLinks(meanwhile("lstat", () => unlinkSync(lock.path), 2)) });
    expect(await lock.create()).toBe(false);
    expect(names(folder)).toEqual([]);
  });

  it("leaves no name of its own in a file that was moved away while it took over", async () => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, "K", {
      fs: meanwhile("write", () => renameSync(lock.path, join(folder, "aside"))),
    });
    leaveBehind(lock.path);
    expect(await lock.takeOver((await lock.inspect())!)).toBe("changed");
    expect(readFileSync(join(folder, "aside"), "utf8")).toBe("");
  });

  it.each(["ENOLCK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"])(
    "becomes P where the file system has no locks (%s)",
    async (code) => {
      const folder = temporaryFolder();
      const kernelLocks: KernelLocks = {
        recordLocks: true,
        lock() {
          throw Object.assign(errno(code), { syscall: "flock" });
        },
        letGo() {},
      };
      const created = lockIn(folder, "K", { kernelLocks });
      expect(await created.create()).toBe(true);
      expect(created.kind).toBe("P");
      await created.release();
      expect(names(folder)).toEqual([]);
      const taken = lockIn(folder, "K", { kernelLocks });
      leaveBehind(taken.path);
      expect(await taken.takeOver((await taken.inspect())!)).toBe("taken");
      expect(taken.kind).toBe("P");
      await taken.release();
      expect(names(folder)).toEqual([]);
    },
  );

  it("keeps nobody out where the record lock is somebody else's, as Java's", () => {
    const path = join(temporaryFolder(), "cache.lockfile");
    const [java, ours, python] = [openSync(path, "a+"), openSync(path, "a+"), openSync(path, "a+")];
    const { fcntl, flock } = foreignFunctions().open(null, {
      fcntl: { parameters: ["i32", "i32", "buffer"], result: "i32", variableFrom: 2 },
      flock: { parameters: ["i32", "i32"], result: "i32" },
    });
    expect(fcntl(java, F_OFD_SETLK, Uint8Array.of(F_WRLCK, ...new Uint8Array(31)))).toBe(0);
    expect(loadKernelLocks()!.lock(ours, path)).toBe(false);
    expect(flock(python, LOCK_EX | LOCK_NB)).toBe(0);
    for (const fd of [java, ours, python]) closeSync(fd);
  });

  it("reports a descriptor that cannot be locked", () => {
    expect(() => loadKernelLocks()!.lock(987_654, "nowhere")).toThrowError(expect.objectContaining({ code: "EBADF" }));
  });
});

function openAndLock(path: string, kernel: KernelLocks): number {
  const fd = openSync(path, "r+");
  expect(kernel.lock(fd, path)).toBe(true);
  return fd;
}

describe("kind P", () => {
  it("takes nothing over while the lease is somebody else's", async () => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, "P");
    leaveBehind(lock.path);
    mkdirSync(`${lock.path}.lock`);
    expect(await lock.takeOver((await lock.inspect())!)).toBe("busy");
    expect(names(folder)).toEqual(onDisk.P);
  });

  it("creates nothing while the lease is somebody else's", async () => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, "P");
    mkdirSync(`${lock.path}.lock`);
    expect(await lock.create()).toBe(false);
    expect(names(folder)).toEqual(["cache.lockfile.lock"]);
  });

  it("takes a lease that nobody else can put anything into, whatever the umask", async () => {
    const lock = lockIn(temporaryFolder(), "P");
    const umask = process.umask(0);
    try {
      expect(await lock.create()).toBe(true);
      expect((statSync(`${lock.path}.lock`).mode & 0o777).toString(8)).toBe("700");
    } finally {
      process.umask(umask);
    }
    await lock.release();
  });

  it.runIf(needs("the user root", process.getuid?.() === 0)).each([
    ["symbolic", symlinkSync],
    ["hard", linkSync],
  ])("gives no file away to which the user's %s link in the place of root's lease leads", async (_kind, link) => {
    const folder = temporaryFolder();
    const secret = join(folder, "secret");
    const theirs = join(folder, "theirs");
    writeFileSync(secret, "secret");
    mkdirSync(theirs);
    chownSync(theirs, 12_345, 12_345);
    const replaceLease = ([path]: unknown[]) => {
      rmSync(path as string, { recursive: true });
      link(secret, path as string);
    };
    const lock = lockIn(theirs, "P", { fs: meanwhile("open", replaceLease, 2) });
    await Promise.resolve(lock.create()).catch(() => undefined);
    expect([statSync(secret).uid, readFileSync(secret, "utf8")]).toEqual([0, "secret"]);
    await Promise.resolve(lock.release()).catch(() => undefined);
  });

  it("takes a lease that was not renewed", async () => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, "P");
    mkdirSync(`${lock.path}.lock`);
    utimesSync(`${lock.path}.lock`, 1, 1);
    expect(await lock.create()).toBe(true);
    await lock.release();
    expect(names(folder)).toEqual([]);
  });

  it.each([
    [60_000, true],
    [5_000, false],
  ])("takes a lease from %i ms ahead: %s", async (aheadMs, isTaken) => {
    const lock = lockIn(temporaryFolder(), "P");
    mkdirSync(`${lock.path}.lock`);
    const then = (Date.now() + aheadMs) / 1000;
    utimesSync(`${lock.path}.lock`, then, then);
    expect(await lock.create()).toBe(isTaken);
    await lock.release();
  });

  it("gives up a lease that it was so long in making that it may be another's by now", async () => {
    const folder = temporaryFolder();
    const before = descriptors();
    let lateMs = 0;
    const fs = meanwhile(
      "open",
      () => {
        lateMs = 4_000;
      },
      2, // after the lock file: the lease
    );
    const lock = lockIn(folder, "P", { fs, clock: { ...createClock(), now: () => Date.now() + lateMs } });
    expect(await lock.create()).toBe(false);
    expect(names(folder)).toEqual(["cache.lockfile.lock"]);
    expect(descriptors()).toBe(before);
  });

  it("gives way to whoever has taken its file over before it had its lease", async () => {
    const folder = temporaryFolder();
    const before = descriptors();
    const lock = lockIn(folder, "P", { fs: meanwhile("mkdir", () => writeFileSync(lock.path, "1 another")) });
    expect(await lock.create()).toBe(false);
    expect(readFileSync(lock.path, "utf8")).toBe("1 another");
    expect(names(folder)).toEqual(["cache.lockfile"]);
    expect(descriptors()).toBe(before);
  });

  it("begins again when its folder is removed before it has its lease", async () => {
    const folder = join(temporaryFolder(), "below");
    const before = descriptors();
    const lock = lockIn(folder, "P", { fs: meanwhile("mkdir", () => rmSync(folder, { recursive: true })) });
    mkdirSync(folder);
    await lock.create();
    await lock.release();
    expect(descriptors()).toBe(before);
    expect(await lock.create()).toBe(true);
    await lock.release();
    expect(names(folder)).toEqual([]);
  });

  it("holds a lease that it knows by its path alone, as on Windows", async () => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, "P", { platform: "win32" });
    expect(await lock.create()).toBe(true);
    expect(names(folder)).toEqual(onDisk.P);
    expect(await lock.check()).toBe(true);
    await lock.release();
    expect(names(folder)).toEqual([]);
  });

  it("puts back what changed just before it was moved away", async () => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, "P", { fs: meanwhile("rename", () => writeFileSync(lock.path, "1 another")) });
    leaveBehind(lock.path);
    expect(await lock.takeOver((await lock.inspect())!)).toBe("changed");
    expect(readFileSync(lock.path, "utf8")).toBe("1 another");
    expect(names(folder)).toEqual(["cache.lockfile"]);
  });

  it("puts nothing back over what somebody created meanwhile", async () => {
    const folder = temporaryFolder();
    const fs = {
      ...meanwhile("rename", () => writeFileSync(lock.path, "1 another")),
      link: meanwhile("link", () => writeFileSync(lock.path, "2 a third")).link,
    };
    const lock = lockIn(folder, "P", { fs });
    leaveBehind(lock.path);
    expect(await lock.takeOver((await lock.inspect())!)).toBe("changed");
    expect(readFileSync(lock.path, "utf8")).toBe("2 a third");
    expect(names(folder)).toEqual(["cache.lockfile"]);
  });

  it("takes nothing over that changed within one tick of the clock, in the same inode", async () => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, "P");
    leaveBehind(lock.path);
    utimesSync(lock.path, 1, 1);
    const seen = (await lock.inspect())!;
    writeFileSync(lock.path, `${NOBODY} mine`); // as long as what was there
    utimesSync(lock.path, 1, 1);
    expect(await lock.takeOver(seen)).toBe("changed");
    expect(await lockIn(folder, "K").takeOver(seen)).toBe("changed");
    expect(readFileSync(lock.path, "utf8")).toBe(`${NOBODY} mine`);
    expect(names(folder)).toEqual(["cache.lockfile"]);
  });

  it("knows when a holder of kind K took over in place", async () => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, "P");
    await lock.create();
    const { ino } = statSync(lock.path);
    writeFileSync(lock.path, `${NOBODY} other`);
    expect(statSync(lock.path).ino).toBe(ino);
    expect(await lock.check()).toBe(false);
    await lock.release();
    expect(names(folder)).toEqual(["cache.lockfile"]);
  });

  it("neither dates nor removes the lease of a successor that looks like its own", async () => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, "P");
    await lock.create();
    const { mtime } = statSync(`${lock.path}.lock`);
    rmSync(`${lock.path}.lock`, { recursive: true });
    mkdirSync(`${lock.path}.lock`);
    utimesSync(`${lock.path}.lock`, mtime, mtime); // for proper-lockfile it is the same one
    await expect.poll(() => lock.check(), { timeout: 8000, interval: 50 }).toBe(false);
    expect(statSync(`${lock.path}.lock`).mtime).toEqual(mtime);
    await lock.release();
    expect(names(folder)).toEqual(["cache.lockfile.lock"]);
  }, 10_000);

  it("holds one lease for as long as it renews it, in one descriptor", async () => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, "P");
    const before = descriptors();
    await lock.create();
    const made = statSync(`${lock.path}.lock`);
    await expect
      .poll(() => statSync(`${lock.path}.lock`).mtimeMs, { timeout: 8000, interval: 50 })
      .not.toBe(made.mtimeMs);
    expect(statSync(`${lock.path}.lock`).ino).toBe(made.ino);
    expect(await lock.check()).toBe(true);
    expect(descriptors()).toBe(before + 2);
    await lock.release();
    expect(names(folder)).toEqual([]);
    expect(descriptors()).toBe(before);
  }, 10_000);

  it("loses the lock when its lease is taken, and leaves no file for which others would wait", async () => {
    const folder = temporaryFolder();
    const lock = lockIn(folder, "P");
    await lock.create();
    rmSync(`${lock.path}.lock`, { recursive: true });
    // Noticed when the lease is next renewed.
    await expect.poll(() => lock.check(), { timeout: 8000, interval: 50 }).toBe(false);
    await lock.release();
    expect(names(folder)).toEqual([]);
  }, 10_000);
});

describe.each(["K", "P"] as const)("without hard links, kind %s", (kind) => {
  it("is one holder's at a time, again and again", async () => {
    const folder = temporaryFolder();
    const options = { fs: withoutLinks(realFileSystem) };
    const [lock, other] = [lockIn(folder, kind, options), lockIn(folder, kind, options)];
    const before = descriptors();
    for (const [holder, contender] of [
      [lock, other],
      [other, lock],
      [lock, other],
    ] as const) {
      expect(await holder.create()).toBe(true);
      expect(await contender.create()).toBe(false);
      expect(await holder.check()).toBe(true);
      expect(names(folder)).toEqual(onDisk[kind]);
      await holder.release();
    }
    expect(names(folder)).toEqual([]);
    expect(descriptors()).toBe(before);
  });

  it("leaves nothing held where its file cannot be written", async () => {
    const folder = temporaryFolder();
    const before = descriptors();
    const fs = withoutLinks(failing("write", "ENOSPC", 2)); // the first goes to a temporary name
    const lock = lockIn(folder, kind, { fs });
    await expect(lock.create()).rejects.toMatchObject({ code: "ENOSPC" });
    expect(names(folder)).toEqual([]);
    expect(descriptors()).toBe(before);
    expect(await lock.create()).toBe(true);
    await lock.release();
  });
});

describe("waiting", () => {
  const LONG = 20_000;

  it("ends when the lock is released, by either kind", async () => {
    for (const kind of ["K", "P"] as const) {
      const folder = temporaryFolder();
      const holder = lockIn(folder, kind);
      await holder.create();
      const waiting = lockIn(folder, kind).wait(LONG);
      await holder.release();
      await waiting;
    }
  });

  it("ends at once when there is no lock file", async () => {
    await lockIn(temporaryFolder(), "K").wait(LONG);
  });

  it("ends when the time has passed, and closes its watcher", async () => {
    const folder = temporaryFolder();
    leaveBehind(join(folder, "cache.lockfile"));
    const watchers: { closed: boolean }[] = [];
    const watch = (...args: unknown[]) => {
      const watcher = (realFileSystem.watch as (...args: unknown[]) => import("node:fs").FSWatcher)(...args);
      const entry = { closed: false };
      watchers.push(entry);
      watcher.on("close", () => {
        entry.closed = true;
      });
      return watcher;
    };
    const lock = lockIn(folder, "K", { fs: { ...realFileSystem, watch: watch as never } });
    await lock.wait(5);
    await expect.poll(() => watchers).toEqual([{ closed: true }]);
  });

  it("goes on with the next lock file where another has come first, and ends when there is none", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "cache.lockfile");
    leaveBehind(path);
    const changed: Array<() => void> = [];
    let open = 0;
    const watch = (watched: string, _options: unknown, listener: () => void) => {
      statSync(watched); // as the real one, it says when there is none
      changed.push(listener);
      open++;
      return { on: () => {}, close: () => open-- };
    };
    let isOver = false;
    const waiting = Promise.resolve(
      lockIn(folder, "K", { fs: { ...realFileSystem, watch: watch as never } }).wait(LONG),
    ).then(() => {
      isOver = true;
    });
    await expect.poll(() => changed.length).toBe(1);
    unlinkSync(path);
    leaveBehind(path, "1 another");
    changed[0]!();
    await nextTurn();
    expect([isOver, changed.length, open]).toEqual([false, 2, 1]);
    unlinkSync(path);
    changed[0]!(); // of the file before the last
    await nextTurn();
    expect(isOver).toBe(false);
    changed[1]!();
    await waiting;
    expect(open).toBe(0);
  });

  it("has the timer where there is no watcher to be had", async () => {
    const folder = temporaryFolder();
    leaveBehind(join(folder, "cache.lockfile"));
    const watch = () => {
      throw errno("ENOSPC");
    };
    await lockIn(folder, "K", { fs: { ...realFileSystem, watch: watch as never } }).wait(5);
  });
});

describe("processes", () => {
  const lock = createLock("unused");

  it("knows the living", async () => {
    expect(await lock.processAlive(process.pid)).toBe(true);
    expect(await lock.processAlive(1)).toBe(true);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 31, 2 ** 32 - 1, NOBODY])("%s is none", async (pid) => {
    expect(await lock.processAlive(pid)).toBe(false);
  });

  it("takes another user's for alive, and asks no further where it may not ask", async () => {
    const { processAlive } = await import("../../hosts/shared/files/processes.ts");
    const { Files } = await import("../../hosts/shared/files/file-system.ts");
    const answering = (code: string) => {
      const signalProcess = () => {
        throw errno(code);
      };
      return processAlive(new Files(realFileSystem), process.pid, { ...nodeHost.runtime, signalProcess });
    };
    expect(await answering("EPERM")).toBe(true);
    expect(await answering("ESRCH")).toBe(false);
    await expect(answering("EACCES")).rejects.toMatchObject({ code: "EACCES" });
  });

  it("believes the signal where /proc says nothing", async () => {
    const { processAlive } = await import("../../hosts/shared/files/processes.ts");
    const { Files } = await import("../../hosts/shared/files/file-system.ts");
    expect(await processAlive(new Files(failing("readFile", "ENOENT")), process.pid, nodeHost.runtime)).toBe(true);
    expect(await processAlive(new Files(failing("readFile", "ESRCH")), process.pid, nodeHost.runtime)).toBe(false);
  });
});

describe.each(["K", "P"] as const)("a lock file that names a process of our number, kind %s", (kind) => {
  const written = (line = `${process.pid} before`) => {
    const folder = temporaryFolder();
    leaveBehind(join(folder, "cache.lockfile"), line);
    const tenSecondsAgo = Date.now() / 1000 - 10;
    utimesSync(join(folder, "cache.lockfile"), tenSecondsAgo, tenSecondsAgo);
    return folder;
  };

  it("from before we began is nobody's: a container that was killed and started again has its number again", async () => {
    const lock = lockIn(written(), kind, { startedMs: Date.now() - 1000 });
    expect(await tryAcquire(lock)).toBe("taken");
    await lock.release();
  });

  const startedMs = Date.now() - 60_000;

  it("from after we began is another thread's, of which kind K asks the kernel", async () => {
    const lock = lockIn(written(), kind, { startedMs });
    expect(await tryAcquire(lock)).toBe(kind === "K" ? "taken" : undefined);
    await lock.release();
  });

  it("from just before we began by the clock that dates files may be another thread's", async () => {
    const lock = lockIn(written(), kind, { startedMs: Date.now() - 9_000 });
    expect(await tryAcquire(lock)).toBe(kind === "K" ? "taken" : undefined);
    await lock.release();
  });

  it("and nothing else is the Node peer's, which takes no kernel lock", async () => {
    expect(await tryAcquire(lockIn(written(`${process.pid}`), kind, { startedMs }))).toBeUndefined();
  });
});
