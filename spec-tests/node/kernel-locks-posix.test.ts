// What koffi calls in the other tests is Linux's; this is what a server makes of the same calls.
import { constants } from "node:os";
import { expect, it } from "vitest";
import { posixLocks } from "../../hosts/shared/lock/kernel-locks-posix.ts";
import type { ForeignFunctions, ForeignValue } from "../../hosts/shared/runtime/foreign-functions.ts";

const [LOCK_UN, F_UNLCK] = [8, 2];

/** A file over SMB: `flock` and record locks are one and the same lock of the server's. `held`: what and by whom. */
function overSmb() {
  const held = new Set<string>();
  let errno = 0;
  function set(kind: string, fd: ForeignValue, unlocks: boolean, refusal: number): number {
    const own = `${kind} of ${fd}`;
    if (!unlocks && [...held].some((other) => other !== own)) {
      errno = refusal;
      return -1;
    }
    if (unlocks) held.delete(own);
    else held.add(own);
    return 0;
  }
  const functions = {
    flock: (fd: ForeignValue, how: ForeignValue) => set("flock", fd, how === LOCK_UN, constants.errno.EAGAIN),
    fcntl: (fd: ForeignValue, _: ForeignValue, lock: ForeignValue) =>
      set("record", fd, new Int16Array((lock as Uint8Array).buffer)[0] === F_UNLCK, constants.errno.EACCES),
  };
  const foreign = { open: () => functions, errno: () => errno, blocks: false } as unknown as ForeignFunctions;
  const locks = posixLocks(foreign, { platform: "linux", arch: "x64", errno: constants.errno })!;
  return { locks, held, functions };
}

it("holds the file over SMB, where the first of its two locks refuses the second", () => {
  const { locks, held, functions } = overSmb();
  expect(locks.lock(3, "path")).toBe(true);
  expect([...held]).toEqual(["flock of 3"]);
  expect(locks.lock(4, "path")).toBe(false);
  expect([...held]).toEqual(["flock of 3"]);
  functions.flock(3, LOCK_UN);
  expect(locks.lock(4, "path")).toBe(true);
});

it.each(["flock of 9", "record of 9"])("is refused it by somebody's %s", (lock) => {
  const { locks, held } = overSmb();
  held.add(lock);
  expect(locks.lock(3, "path")).toBe(false);
  expect([...held]).toEqual([lock]);
});
