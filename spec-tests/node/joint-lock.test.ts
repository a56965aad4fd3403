import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Lock } from "../../hosts/shared/core/capabilities.ts";
import { Files } from "../../hosts/shared/files/file-system.ts";
import * as shared from "../../hosts/shared/lock/joint-lock.ts";
import { acquire, tryAcquire } from "./acquire.ts";
import { descriptors, failing, names, nextTurn, temporaryFolder } from "./fixtures.ts";
import { createLock, type LockOptions, realFileSystem } from "./replaced-runtime.ts";

const joinLocks = (locks: readonly [Lock, ...Lock[]]) => shared.joinLocks(locks, new Files(realFileSystem));

const NOBODY = 2147483646; // no system gives this number to a process

describe.each(["K", "P"] as const)("two lock files held together, kind %s", (kind) => {
  const lockAt = (path: string, options: LockOptions = {}) =>
    createLock(path, { kernelLocks: kind === "K", ...options });

  function pair(options: LockOptions = {}) {
    const folder = temporaryFolder();
    const paths = [join(folder, "cache.lockfile"), join(folder, ".lockfile")] as const;
    const locks: [Lock, Lock] = [lockAt(paths[0]), lockAt(paths[1], options)];
    return { folder, paths, locks, joint: joinLocks(locks) };
  }

  it("are created, checked, renewed and released together", async () => {
    const { folder, paths, joint } = pair();
    const before = descriptors();
    expect(joint.path).toBe(paths[0]);
    expect(joint.kind).toBe(kind);
    expect(await joint.create()).toBe(true);
    for (const path of paths) {
      expect(readFileSync(path, "utf8")).toMatch(new RegExp(`^${process.pid} `));
      utimesSync(path, 1000, 1000);
    }
    expect(await joint.touch()).toBe(true);
    for (const path of paths) expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(60_000);
    expect(await joint.check()).toBe(true);
    await joint.release();
    expect(names(folder)).toEqual([]);
    expect(descriptors()).toBe(before);
  });

  it.each([0, 1])("are lost when number %i is", async (n) => {
    const { folder, paths, joint } = pair();
    await joint.create();
    rmSync(paths[n]!);
    expect(await joint.check()).toBe(false);
    expect(await joint.touch()).toBe(false);
    await joint.release();
    expect(names(folder)).toEqual([]);
  });

  it.each([0, 1])("are none of them taken while number %i is held by another, which is then looked at", async (n) => {
    const { folder, paths, joint } = pair();
    const other = lockAt(paths[n]!);
    await other.create();
    const held = names(folder);
    expect(await joint.create()).toBe(false);
    expect(joint.contendedPath).toBe(paths[n]);
    expect((await joint.inspect())?.inode).toBe(statSync(paths[n]!, { bigint: true }).ino);
    const prepared = names(folder).filter((name) => name.endsWith(".tmp")); // for the next try, by kind K
    expect(names(folder).filter((name) => !prepared.includes(name))).toEqual(held);
    const waiting = acquire(joint);
    await other.release();
    expect(await waiting).toBe("created");
    await joint.release();
    expect(names(folder)).toEqual([]);
  });

  it.each([0, 1])("are taken over when number %i was left behind", async (n) => {
    const { folder, paths, joint } = pair();
    writeFileSync(paths[n]!, `${NOBODY} gone`);
    expect(await tryAcquire(joint)).toBe("taken");
    for (const path of paths) expect(readFileSync(path, "utf8")).toMatch(new RegExp(`^${process.pid} `));
    await joint.release();
    expect(names(folder)).toEqual([]);
  });

  it("are busy when the second was left behind and the first is taken meanwhile; the second is then nobody's", async () => {
    const { paths, locks, joint } = pair();
    writeFileSync(paths[1], `${NOBODY} gone`);
    expect(await joint.create()).toBe(false);
    const seen = await joint.inspect();
    const other = lockAt(paths[0]);
    await other.create();
    expect(await joint.takeOver(seen!)).toBe("busy");
    expect(existsSync(paths[1])).toBe(false);
    expect(await locks[1].check()).toBe(false);
    expect(await other.check()).toBe(true);
    await other.release();
  });

  it("are none of them kept when the second cannot be created", async () => {
    const { folder, paths, locks } = pair();
    const failingLast = lockAt(paths[0], { fs: failing("open", "EACCES", 0) }); // in the order of their paths it comes second
    const joint = joinLocks([failingLast, locks[1]]);
    await expect(joint.create()).rejects.toMatchObject({ code: "EACCES" });
    expect(names(folder)).toEqual([]);
  });

  it("are both released although one of them fails", async () => {
    const { folder, joint } = pair({ fs: failing("unlink", "EIO", 2) }); // temporary names go first
    await joint.create();
    await expect(joint.release()).rejects.toMatchObject({ code: "EIO" });
    expect(names(folder)).toEqual([".lockfile"]);
  });

  it("keep nobody waiting in the line of the one that is not waited for any more", async () => {
    const { folder, paths, joint } = pair();
    const [last, first] = paths.map((path) => lockAt(path)) as [Lock, Lock];
    const waitTwice = async () => {
      for (let rounds = 0; rounds < 2; rounds += 1) {
        expect(await joint.create()).toBe(false);
        await joint.wait(2);
      }
    };
    await last.create();
    await waitTwice();
    expect(names(folder)).toContain("cache.lockfile.line");
    await first.create();
    await waitTwice();
    expect(names(folder)).not.toContain("cache.lockfile.line");
    expect(names(folder)).toContain(".lockfile.line");
    for (const lock of [first, last, joint]) await lock.release();
    expect(names(folder)).toEqual([]);
  });

  describe.each(["a-link", "z-link"])("one of which is the other, through %s", (link) => {
    function alias() {
      const folder = temporaryFolder();
      mkdirSync(join(folder, "folder"));
      symlinkSync("folder", join(folder, link));
      const paths = [join(folder, "folder", "lockfile"), join(folder, link, "lockfile")] as const;
      return { folder: join(folder, "folder"), paths, joint: joinLocks([lockAt(paths[0]), lockAt(paths[1])]) };
    }

    it.each([false, true])("are one lock, left behind before: %s", async (wasLeft) => {
      const { folder, paths, joint } = alias();
      const before = descriptors();
      if (wasLeft) writeFileSync(paths[0], `${NOBODY} gone`);
      expect(await tryAcquire(joint)).toBe(wasLeft ? "taken" : "created");
      expect(await joint.check()).toBe(true);
      expect(await joint.touch()).toBe(true);
      const other = lockAt(paths[0]);
      expect(await other.create()).toBe(false);
      await other.release();
      rmSync(paths[0]);
      expect(await joint.check()).toBe(false);
      await joint.release();
      expect(names(folder)).toEqual([]);
      expect(descriptors()).toBe(before);
    });

    it("are refused while another holds it", async () => {
      const { folder, paths, joint } = alias();
      const other = lockAt(paths[0]);
      await other.create();
      expect(await joint.create()).toBe(false);
      expect(await other.check()).toBe(true);
      const waiting = acquire(joint);
      await other.release();
      expect(await waiting).toBe("created");
      await joint.release();
      expect(names(folder)).toEqual([]);
    });
  });

  it("do not block holders who take them in the other order", async () => {
    const { folder, paths, joint } = pair();
    const reversed = joinLocks([lockAt(paths[1]), lockAt(paths[0])]);
    let inside = 0;
    const sections = async (lock: Lock) => {
      for (let n = 0; n < 25; n++) {
        await acquire(lock);
        expect(++inside).toBe(1);
        await nextTurn();
        inside--;
        await lock.release();
      }
    };
    await Promise.all([sections(joint), sections(reversed)]);
    expect(names(folder)).toEqual([]);
  });
});
