import { describe, expect, test } from "vitest";
import { errno, World } from "./world.ts";

const timeout = { lockTimeoutMs: 100 };
const S = 1000;

/** What lies there, and what a contender makes of it at first sight. */
const rows: Array<
  [name: string, arrange: (world: World) => void, verdict: "busy" | "asks, busy" | "asks, takes" | "takes"]
> = [
  ["empty, young", (w) => w.heldBy("", 1.9 * S), "busy"],
  ["empty, 2 s old", (w) => w.heldBy("", 2 * S), "takes"],
  ["empty, from a future that a clock set back left", (w) => w.heldBy("", -60 * S), "takes"],
  ["named, alive, young", (w) => w.alive.add(77) && w.heldBy("77 python", 29 * S), "asks, busy"],
  ["named, alive, 30 s old", (w) => w.alive.add(77) && w.heldBy("77 python", 31 * S), "takes"],
  ["named, dead", (w) => w.heldBy("77", 0), "asks, takes"],
  ["named, alive, from the future", (w) => w.alive.add(77) && w.heldBy("77", -3600 * S), "asks, busy"],
  ["named, dead, from the future", (w) => w.heldBy("77", -3600 * S), "asks, takes"],
  ["lease from the future, dead", (w) => w.heldBy("77", 0, { leaseMtimeMs: w.now + 3600 * S }), "asks, takes"],
  ["Go's braces, alive", (w) => w.alive.add(77) && w.heldBy("{77} {app}", 0), "asks, busy"],
  [".NET's byte order mark, alive", (w) => w.alive.add(77) && w.heldBy("\uFEFF77 app", 0), "asks, busy"],
  ["Node's bare number with a line end", (w) => w.alive.add(77) && w.heldBy("77\n", 0), "asks, busy"],
  ["text without a number, young", (w) => w.heldBy("who am I", 0), "busy"],
  ["a number that is none", (w) => w.heldBy("77x", 0), "busy"],
  ["a number beyond any process", (w) => w.heldBy("99999999999 x", 0), "busy"],
  ["text without a number, old", (w) => w.heldBy("who am I", 31 * S), "takes"],
  ["old, fresh lease", (w) => w.heldBy("77", 60 * S, { leaseMtimeMs: w.now - 7 * S }), "busy"],
  ["old, stale lease", (w) => w.heldBy("77", 60 * S, { leaseMtimeMs: w.now - 8 * S }), "takes"],
  ["old, kernel lock seen", (w) => w.heldBy("77", 60 * S, { kernelLocked: true }), "busy"],
];

describe("the first look at a lock file", () => {
  test.each(rows)("%s", async (_name, arrange, verdict) => {
    const world = new World();
    arrange(world);
    world.on("wait", () => world.vanish());
    await world.session().lock();
    const expected = {
      busy: "create inspect wait create",
      "asks, busy": "create inspect alive? wait create",
      "asks, takes": "create inspect alive? takeOver",
      takes: "create inspect takeOver",
    };
    expect(world.calls()).toBe(expected[verdict]);
  });
});

test("a free lock is taken at once", async () => {
  const world = new World();
  expect(await world.session().lock()).toEqual({ waitedMs: 0, takeOvers: 0, restarts: 0 });
  expect(world.calls()).toBe("create");
});

test("a take-over is counted and logged", async () => {
  const world = new World();
  world.heldBy("77 gone", 0);
  expect((await world.session().lock()).takeOvers).toBe(1);
  expect(world.logged).toEqual(["lock_taken_over"]);
});

test.each(["busy", "changed"] as const)("a take-over that is refused (%s) waits", async (refusal) => {
  const world = new World();
  world.heldBy("77 gone", 0);
  world.takeOver = refusal;
  world.on("wait", () => world.vanish());
  await world.session().lock();
  expect(world.calls()).toBe("create inspect alive? takeOver wait create");
});

test("released between create and inspect: tries again at once, and only once without waiting", async () => {
  const world = new World();
  world.heldBy("", 0);
  const vanish = () => world.vanish();
  const appear = () => world.heldBy("", 0);
  world.on("inspect", vanish).on("create", () => {}, appear);
  world.on("wait", vanish);
  await world.session().lock();
  expect(world.calls()).toBe("create inspect create wait create");
});

test("waits grow from 1–2 ms to 25–50 ms, and never beyond the timeout", async () => {
  const world = new World();
  world.heldBy("77 python", 0);
  world.alive.add(77);
  const start = world.now;
  const at: number[] = [];
  world.always("wait", () => at.push(world.now - start));
  await expect(world.session(timeout).lock()).rejects.toMatchObject({ code: "lock_timeout" });
  const pauses = at.map((time, index) => time - (at[index - 1] ?? 0));
  expect(pauses.slice(0, 5)).toEqual([1.5, 3, 6, 12, 24]);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(50);
  expect(at.at(-1)).toBe(100);
});

test("a timeout names the holder", async () => {
  const world = new World();
  world.heldBy('{77} {C:\\a "b"\u0001é}', 500);
  world.alive.add(77);
  const error = await world
    .session(timeout)
    .lock()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "lock_timeout",
    errorCode: "lock_timeout",
    location: world.lockPath,
    holder: { pid: 77, program: 'C:\\a "b"\u0001é', ageMs: 600 },
  });
  expect((error as Error).message).toMatch(/process 77/);
});

test("a timeout of 0 looks once", async () => {
  const world = new World();
  world.heldBy("", 0);
  await expect(world.session({ lockTimeoutMs: 0 }).lock()).rejects.toMatchObject({ code: "lock_timeout" });
  expect(world.calls()).toBe("create inspect");
});

test("a clock that is set back does not prolong the wait", async () => {
  const world = new World();
  world.heldBy("77", 0);
  world.alive.add(77);
  world.on("wait", () => {
    world.now -= 3_600_000;
  });
  await expect(world.session({ lockTimeoutMs: 100 }).lock()).rejects.toMatchObject({ code: "lock_timeout" });
  expect(world.trace.length).toBeLessThan(60);
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

test("a host that cannot tell whether a process lives is no evidence of its death", async () => {
  const world = new World();
  world.heldBy("77", 0);
  world.on("alive?", errno("EIO")).on("wait", () => world.vanish());
  await world.session().lock();
  expect(world.calls()).toBe("create inspect alive? wait create");
});

describe("an application's critical section", () => {
  test("unlock releases what is held, and only that", async () => {
    const world = new World();
    const session = world.session();
    await expect(session.unlock()).rejects.toMatchObject({ code: "lock_not_held" });
    await session.lock();
    await session.unlock();
    await expect(session.unlock()).rejects.toMatchObject({ code: "lock_not_held" });
    expect(world.calls()).toBe("create check release");
    expect(world.lockFile).toBeUndefined();
  });

  test("operations in between use the lock and leave it", async () => {
    const world = new World();
    const session = world.session();
    await session.lock();
    await session.commit(undefined, new TextEncoder().encode('{"x":1}'));
    expect(world.calls()).toBe("create read check replace");
    expect(world.lockFile?.mine).toBe(true);
    await session.unlock();
  });

  test("losing the lock in between ends the section", async () => {
    const world = new World();
    const session = world.session();
    await session.lock();
    world.heldBy("77", 0);
    const commit = session.commit(undefined, new TextEncoder().encode('{"x":1}'));
    await expect(commit).rejects.toMatchObject({ code: "lock_lost" });
    expect(world.stored).toBeUndefined();
    await expect(session.unlock()).rejects.toMatchObject({ code: "lock_not_held" });
  });

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
