import { describe, expect, onTestFinished, test, vi } from "vitest";
import { document, errno, utf8, World } from "./world.ts";

const timeout = { lockTimeoutMs: 100 };
const S = 1000;

test("a timeout names the holder", async () => {
  const world = new World();
  world.heldBy('{77} {C:\\a "b" é}', 500);
  world.alive.add(77);
  const error = await world
    .session(timeout)
    .lock()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "lock_timeout",
    errorCode: "lock_timeout",
    location: world.lockPath,
    holder: { pid: 77, program: 'C:\\a "b" é', ageMs: 600 },
  });
  expect((error as Error).message).toMatch(/process 77/);
});

test("what a holder has written neither commands a terminal nor adds lines to a log", async () => {
  const world = new World();
  const commands = ["\u001b[2J", "\u009b2J", "\u0007", "\u007f", "\u0085", "\u2028", "\u2029", "\r", "\n"];
  world.heldBy(`77 a${commands.join("")}\u00a0\u2027\u202a\u4e28b`, 500);
  world.alive.add(77);
  const error = await world
    .session(timeout)
    .lock()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ holder: { pid: 77, program: "a [2J 2J       \u00a0\u2027\u202a\u4e28b" } });
});

test("a file that names no process is not quoted: it may be the cache itself, taken for its lock file", async () => {
  const world = new World();
  world.heldBy('{"RefreshToken":{"a":{"secret":"secret of ann"}}}', 500);
  const error = await world
    .session(timeout)
    .lock()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "lock_timeout", holder: { pid: undefined, program: "", ageMs: 600 } });
  expect((error as Error).message).toMatch(/a holder that names no process, and its file is 0.6 s old/);
});

test.each([3_600_000, -3_600_000])("a clock that is set by %i ms while one waits is no waiting", async (ms) => {
  const world = new World();
  world.heldBy("77 x", 500);
  world.alive.add(77);
  world.on("wait", () => {
    world.now += ms;
    world.heldBy("77 x", 500); // it renews
  });
  for (let waits = 1; waits < 40; waits++) world.on("wait", () => {});
  world.on("wait", () => world.vanish());
  const session = world.session({ lockTimeoutMs: 10 * S });
  await session.lock();
  expect(world.calls().match(/wait/g)).toHaveLength(41);
  await session.unlock();
});

test.each([
  ["create", "EACCES", "permission_denied"],
  ["create", "EROFS", "read_only"],
  ["inspect", "EMFILE", "too_many_open_files"],
  ["takeOver", "EIO", "io_error"],
])("an error of %s (%s) ends it with its cause", async (name, code, status) => {
  const world = new World();
  if (name !== "create") world.heldBy("", 5 * S);
  world.on(name, errno(code));
  const error = await world
    .session()
    .lock()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: status, cause: { code } });
});

test("the cause is what ended it, not what the core went on from: a process that may not be asked whether it lives", async () => {
  const world = new World();
  world.heldBy("77 x", 500);
  world.on("alive?", errno("EPERM"));
  world.on("wait", () => world.vanish());
  world.on("replace", errno("EACCES"));
  world.on("release", errno("EPERM"));
  const commit = world.session().commit(undefined, utf8(document({ a: {} })));
  await expect(commit).rejects.toMatchObject({ code: "permission_denied", cause: { code: "EACCES" } });
});

test.each([
  ["renewed", () => {}, []],
  ["not renewed, which is reported,", errno("EIO"), ["lock_not_held", "lock_not_held"]],
])("while update waits for its function the lock is %s", async (_what, effect, logged) => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const world = new World();
  world.on("touch", effect, effect);
  let finish: (content: Uint8Array) => void = () => {};
  const update = world.session().update(() => {
    return new Promise((resolve) => {
      finish = resolve;
    });
  });
  await vi.advanceTimersByTimeAsync(11 * S);
  finish(utf8(document({ a: {} })));
  await update;
  await vi.advanceTimersByTimeAsync(11 * S);
  expect(world.calls()).toBe("create read touch touch check replace release");
  expect(world.logged).toEqual(logged);
});

describe("an application's critical section", () => {
  test("sections of one session queue", async () => {
    const world = new World();
    const session = world.session();
    await session.lock();
    let second = false;
    const waiting = session.lock().then(() => {
      second = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(second).toBe(false);
    await session.unlock();
    await waiting;
    await session.unlock();
    expect(world.calls()).toBe("create check release create check release");
  });
});
