import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tryAcquire } from "./acquire.ts";
import {
  type Call,
  descriptors,
  ERRNOS,
  errno,
  failing,
  meanwhile,
  names,
  temporaryFolder,
  withoutLinks,
} from "./fixtures.ts";
import { createLock, realFileSystem } from "./replaced-runtime.ts";

interface Site {
  readonly kind: "K" | "P";
  readonly call: Call;
  readonly nth: number;
  readonly what: string;
  /** What is on disk afterwards, where it is not nothing (create) or the abandoned file (takeOver). */
  readonly left?: string[];
}

const FILE = ["cache.lockfile"];

const creating: Site[] = [
  { kind: "K", call: "open", nth: 1, what: "creating" },
  { kind: "K", call: "fstat", nth: 1, what: "its inode" },
  { kind: "K", call: "write", nth: 1, what: "writing itself" },
  { kind: "P", call: "lstat", nth: 1, what: "is there one already" },
  { kind: "P", call: "open", nth: 1, what: "creating" },
  { kind: "P", call: "fstat", nth: 1, what: "its inode" },
  { kind: "P", call: "write", nth: 1, what: "writing itself" },
  { kind: "P", call: "mkdir", nth: 1, what: "the lease" },
  { kind: "P", call: "open", nth: 2, what: "keeping the lease open" },
  { kind: "P", call: "fstat", nth: 2, what: "the lease's inode" },
  { kind: "P", call: "futimes", nth: 1, what: "the precision of the lease's time" },
  { kind: "P", call: "lstat", nth: 2, what: "still its own" },
  { kind: "P", call: "read", nth: 1, what: "still its own" },
];

const takingOver: Site[] = [
  { kind: "K", call: "open", nth: 2, what: "opening" },
  { kind: "K", call: "fstat", nth: 2, what: "its inode" },
  { kind: "K", call: "fstat", nth: 3, what: "still as inspected" },
  { kind: "K", call: "read", nth: 2, what: "still as inspected" },
  { kind: "K", call: "lstat", nth: 1, what: "still at the path" },
  { kind: "K", call: "ftruncate", nth: 1, what: "cutting off what was there", left: [] },
  { kind: "K", call: "write", nth: 1, what: "writing itself", left: [] },
  { kind: "K", call: "lstat", nth: 2, what: "still at the path", left: [] },
  { kind: "P", call: "mkdir", nth: 1, what: "the lease" },
  { kind: "P", call: "open", nth: 3, what: "still as inspected" },
  { kind: "P", call: "fstat", nth: 3, what: "still as inspected" },
  { kind: "P", call: "read", nth: 2, what: "still as inspected" },
  { kind: "P", call: "rename", nth: 1, what: "moving away" },
  { kind: "P", call: "open", nth: 4, what: "what was moved away" },
  { kind: "P", call: "fstat", nth: 4, what: "what was moved away" },
  { kind: "P", call: "read", nth: 3, what: "what was moved away" },
  { kind: "P", call: "open", nth: 2, what: "keeping the lease open" },
  { kind: "P", call: "open", nth: 5, what: "creating anew", left: [] },
  { kind: "P", call: "write", nth: 1, what: "writing itself", left: [] },
];

const withCodes = (sites: Site[]) => sites.flatMap((site) => ERRNOS.map((code) => ({ ...site, code })));

describe.each(withCodes(creating))(
  "create, $kind: $code from $call #$nth ($what)",
  ({ kind, call, nth, code, left }) => {
    it("comes out, and leaves nothing held", async () => {
      const folder = temporaryFolder();
      const lock = createLock(join(folder, "cache.lockfile"), {
        fs: failing(call, code, nth),
        kernelLocks: kind === "K",
      });
      expect(lock.kind).toBe(kind);
      const before = descriptors();
      await expect(lock.create()).rejects.toMatchObject({ code });
      // proper-lockfile does not wait for its own tidying up after a failed look at the time.
      await expect.poll(() => names(folder), { interval: 1 }).toEqual(left ?? []);
      await expect.poll(descriptors, { interval: 1 }).toBe(before);
      expect(await lock.check()).toBe(false);
      await lock.release();
      expect(await lock.create()).toBe(left === undefined);
      await lock.release();
    });
  },
);

/** Over SMB locks are mandatory: what can be opened and not read has a holder. */
const isLocked = (call: Call, code: string) => call === "read" && code === "EACCES";

const isError = ({ kind, call, code }: { kind: "K" | "P"; call: Call; code: string }) =>
  !(kind === "P" && isLocked(call, code));

describe.each(withCodes(takingOver).filter(isError))(
  "takeOver, $kind: $code from $call #$nth ($what)",
  ({ kind, call, nth, code, left }) => {
    it("comes out, and leaves nothing held", async () => {
      const folder = temporaryFolder();
      const fs = failing(call, code, nth);
      const lock = createLock(join(folder, "cache.lockfile"), { fs, kernelLocks: kind === "K" });
      writeFileSync(lock.path, "2147483646 gone");
      const seen = (await lock.inspect())!;
      const before = descriptors();
      await expect(lock.takeOver(seen)).rejects.toMatchObject({ code });
      expect(names(folder)).toEqual(left ?? FILE);
      if (left === undefined) {
        expect(readFileSync(lock.path, "utf8")).toBe("2147483646 gone");
        expect(await lock.takeOver(seen)).toBe("taken");
      } else {
        expect(await lock.create()).toBe(true);
      }
      await lock.release();
      expect(names(folder)).toEqual([]);
      expect(descriptors()).toBe(before);
    });
  },
);

it.each([2, 3])("leaves alone what somebody has locked since it was inspected: at the read #%i", async (nth) => {
  const folder = temporaryFolder();
  const lock = createLock(join(folder, "cache.lockfile"), { fs: failing("read", "EACCES", nth), kernelLocks: false });
  writeFileSync(lock.path, "2147483646 gone");
  expect(await lock.takeOver((await lock.inspect())!)).toBe("changed");
  expect(readFileSync(lock.path, "utf8")).toBe("2147483646 gone");
  expect(names(folder)).toEqual(FILE);
});

describe.each(ERRNOS)("%s", (code) => {
  it.each(["open", "fstat", "read", "close", "stat"] as const)("from %s comes out of inspect", async (call) => {
    const path = join(temporaryFolder(), "cache.lockfile");
    writeFileSync(path, "1 somebody");
    const lock = createLock(path, { fs: failing(call, code), platform: "linux" });
    if (isLocked(call, code)) {
      expect(await lock.inspect()).toMatchObject({ kernelLocked: true, size: 10, content: new Uint8Array(0) });
    } else {
      await expect(lock.inspect()).rejects.toMatchObject({ code });
    }
  });

  it.each(["K", "P"] as const)("while looking at the path comes out of check, touch and release (%s)", async (kind) => {
    const folder = temporaryFolder();
    for (const operation of ["check", "touch", "release"] as const) {
      const before = descriptors();
      const nth = kind === "K" ? 1 : 3; // P has looked twice when it created
      const fs = failing("lstat", code, nth);
      const lock = createLock(join(folder, operation), { fs, kernelLocks: kind === "K" });
      await lock.create();
      await expect(lock[operation]()).rejects.toMatchObject({ code });
      await lock.release();
      expect(descriptors()).toBe(before);
    }
  });

  it.each(["K", "P"] as const)("from futimes comes out of touch (%s)", async (kind) => {
    const path = join(temporaryFolder(), "cache.lockfile");
    const nth = kind === "K" ? 1 : 2; // P has dated its lease
    const lock = createLock(path, { fs: failing("futimes", code, nth), kernelLocks: kind === "K" });
    await lock.create();
    await expect(lock.touch()).rejects.toMatchObject({ code });
    expect(await lock.check()).toBe(true);
    await lock.release();
  });

  it.each([
    ["K", "unlink", 2], // its temporary name was taken away first
    ["P", "unlink", 2],
    ["K", "lstat", 1],
    ["P", "lstat", 3], // it has looked twice when it created
  ] as const)("comes out of release (%s, %s), and others have the lock at once", async (kind, call, nth) => {
    const folder = temporaryFolder();
    const path = join(folder, "cache.lockfile");
    const before = descriptors();
    const lock = createLock(path, { fs: failing(call, code, nth), kernelLocks: kind === "K" });
    await lock.create();
    await expect(lock.release()).rejects.toMatchObject({ code });
    expect(names(folder)).toEqual(FILE); // it names a process that lives
    expect(descriptors()).toBe(before);
    expect(await lock.check()).toBe(false);
    const next = createLock(path, { kernelLocks: false }); // kind K would ask the kernel, as this is its own process
    expect(await tryAcquire(next)).toBe("taken");
    await next.release();
  });

  it("from reading the lock file keeps nobody from releasing it, as long as the lease is there (P)", async () => {
    const folder = temporaryFolder();
    const before = descriptors();
    const fs = failing("read", code, 2); // it has read it when it created
    const lock = createLock(join(folder, "cache.lockfile"), { fs, kernelLocks: false });
    await lock.create();
    await lock.release();
    expect(fs.calls).toBe(2);
    expect(names(folder)).toEqual([]);
    expect(descriptors()).toBe(before);
  });

  it.each(["K", "P"] as const)(
    "from giving a new lock file its name comes out of create, unless it means that there are no links (%s)",
    async (kind) => {
      const folder = temporaryFolder();
      const before = descriptors();
      const lock = createLock(join(folder, "cache.lockfile"), {
        fs: failing("link", code),
        kernelLocks: kind === "K",
      });
      if (code === "EPERM" || code === "EACCES") expect(await lock.create()).toBe(true);
      else await expect(lock.create()).rejects.toMatchObject({ code });
      await lock.release();
      expect(names(folder)).toEqual([]);
      expect(descriptors()).toBe(before);
    },
  );

  it("from putting back what changed while it was taken over comes out, and that is put back (P)", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "cache.lockfile");
    writeFileSync(path, "2147483646 gone");
    const fs = {
      ...meanwhile("rename", () => writeFileSync(path, "1 another")),
      link: failing("link", code).link,
    };
    const lock = createLock(path, { fs, kernelLocks: false });
    await expect(lock.takeOver((await lock.inspect())!)).rejects.toMatchObject({ code });
    expect(readFileSync(path, "utf8")).toBe("1 another");
    expect(names(folder)).toEqual(FILE);
  });

  it("from removing the lease comes out of release", async () => {
    const folder = temporaryFolder();
    const before = descriptors();
    const lock = createLock(join(folder, "cache.lockfile"), { fs: failing("rmdir", code), kernelLocks: false });
    await lock.create();
    await expect(lock.release()).rejects.toMatchObject({ code });
    expect(names(folder)).toEqual(["cache.lockfile.lock"]);
    expect(descriptors()).toBe(before);
  });

  it("from creating the folder comes out of create", async () => {
    const folder = temporaryFolder();
    const lock = createLock(join(folder, "missing", "cache.lockfile"), { fs: failing("mkdir", code) });
    await expect(lock.create()).rejects.toMatchObject({ code });
    expect(names(folder)).toEqual([]);
  });
});

describe("what disappears between two looks", () => {
  it.each(["open", "fstat"] as const)("inspect: ENOENT from %s means there is none", async (call) => {
    const path = join(temporaryFolder(), "cache.lockfile");
    writeFileSync(path, "1 somebody");
    expect(await createLock(path, { fs: failing(call, "ENOENT") }).inspect()).toBeUndefined();
  });

  it.each([
    ["K", "open", 2],
    ["K", "lstat", 1],
    ["P", "open", 3],
    ["P", "rename", 1],
  ] as const)("takeOver (%s): ENOENT from %s means it has changed", async (kind, call, nth) => {
    const path = join(temporaryFolder(), "cache.lockfile");
    writeFileSync(path, "1 somebody");
    const lock = createLock(path, { fs: failing(call, "ENOENT", nth), kernelLocks: kind === "K" });
    expect(await lock.takeOver((await lock.inspect())!)).toBe("changed");
  });

  it("release: somebody was quicker", async () => {
    const path = join(temporaryFolder(), "cache.lockfile");
    const lock = createLock(path, { fs: failing("unlink", "ENOENT") });
    await lock.create();
    await lock.release();
  });

  it("two find the same lease stale", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "cache.lockfile");
    mkdirSync(`${path}.lock`);
    utimesSync(`${path}.lock`, 1, 1);
    const lock = createLock(path, { fs: failing("mkdir", "EEXIST", 2), kernelLocks: false });
    expect(await lock.create()).toBe(false);
    expect(names(folder)).toEqual([]);
  });
});

describe.each([...ERRNOS, "EEXIST"])("%s from giving a new lock file its name", (code) => {
  it.each(["K", "P"] as const)("is no error where it has that name all the same (%s)", async (kind) => {
    const folder = temporaryFolder();
    const link: typeof realFileSystem.link = (existing, path, done) =>
      realFileSystem.link(existing, path, () => done(errno(code)));
    const lock = createLock(join(folder, "cache.lockfile"), {
      fs: { ...realFileSystem, link },
      kernelLocks: kind === "K",
    });
    expect(await lock.create()).toBe(true);
    expect(await lock.check()).toBe(true);
    await lock.release();
    expect(names(folder)).toEqual([]);
  });
});

describe("on Windows", () => {
  it.each(["EBUSY", "EACCES", "EPERM"])("a read refused with %s is a kernel lock", async (code) => {
    const path = join(temporaryFolder(), "cache.lockfile");
    writeFileSync(path, "1 somebody");
    for (const call of ["open", "read"] as const) {
      const seen = await createLock(path, { fs: failing(call, code), platform: "win32" }).inspect();
      expect(seen).toMatchObject({ kernelLocked: true, size: 10, content: new Uint8Array(0) });
    }
  });

  it.each(["EBUSY", "EACCES", "EPERM"])("a file that cannot be opened (%s) has a holder", async (code) => {
    const path = join(temporaryFolder(), "cache.lockfile");
    writeFileSync(path, "1 somebody");
    const lock = createLock(path, { fs: failing("open", code, 2), platform: "win32", kernelLocks: true });
    expect(await lock.takeOver((await lock.inspect())!)).toBe("busy");
  });

  it.each(["EBUSY", "EACCES", "EPERM"])("creating what is just being removed (%s) is tried again", async (code) => {
    const path = join(temporaryFolder(), "cache.lockfile");
    const lock = createLock(path, { fs: failing("open", code), platform: "win32" });
    expect(await lock.create()).toBe(true);
    await lock.release();
    const refused = createLock(path, { fs: failing("open", code, 0), platform: "win32" });
    await expect(refused.create()).rejects.toMatchObject({ code });
  });
});

describe("create, P, without hard links: what a holder of kind K has taken over meanwhile, in place, stays", () => {
  const TAKEN = "4711 of kind K";

  it("when it cannot be written", async () => {
    const path = join(temporaryFolder(), "cache.lockfile");
    const { write } = failing("write", "EIO", 2); // the first goes to a temporary name
    let writes = 0;
    const fs = withoutLinks({
      ...realFileSystem,
      write(...given) {
        if (++writes === 2) writeFileSync(path, TAKEN);
        write(...given);
      },
    });
    const before = descriptors();
    const lock = createLock(path, { fs, kernelLocks: false });
    await expect(lock.create()).rejects.toMatchObject({ code: "EIO" });
    expect(readFileSync(path, "utf8")).toBe(TAKEN);
    expect(descriptors()).toBe(before);
  });

  it("when it is seen in time", async () => {
    const path = join(temporaryFolder(), "cache.lockfile");
    const fs = withoutLinks(meanwhile("fstat", () => writeFileSync(path, TAKEN), 3)); // of two new files, and the look
    const before = descriptors();
    const lock = createLock(path, { fs, kernelLocks: false });
    expect(await lock.create()).toBe(false);
    expect(readFileSync(path, "utf8")).toBe(TAKEN);
    expect(descriptors()).toBe(before);
  });
});
