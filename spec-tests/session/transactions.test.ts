import { describe, expect, test } from "vitest";
import { document, errno, text, utf8, World } from "./world.ts";

const A = document({ a: { v: 1 } });
const AB = document({ a: { v: 1 }, b: { v: 2 } });
const OLD = 5000;

describe.each([false, true])("asynchronous host: %s", (async) => {
  function worldWith(content?: string): World {
    const world = new World();
    world.async = async;
    if (content !== undefined) world.store(content, OLD);
    return world;
  }

  test("load: nothing stored", async () => {
    const world = worldWith();
    expect(await world.session().load()).toMatchObject({ unchanged: false, content: undefined });
    expect(world.calls()).toBe("stat inspect read");
  });

  test("load: what was there and is not is believed under the lock", async () => {
    const world = worldWith(A);
    const session = world.session();
    await session.load();
    world.calls();
    await session.clear();
    world.calls();
    expect(await session.load()).toMatchObject({ unchanged: false, content: undefined });
    expect(world.calls()).toBe("stat inspect read"); // who removed it itself knows
    world.store(A, OLD);
    await session.load();
    world.calls();
    await world.session().clear();
    world.calls();
    expect(await session.load()).toMatchObject({ unchanged: false, content: undefined });
    expect(world.calls()).toBe("stat create read release");
  });

  test("load: reads once, then only looks", async () => {
    const world = worldWith(A);
    const session = world.session();
    expect(text((await session.load()).content)).toBe(A);
    expect(await session.load()).toMatchObject({ unchanged: true, content: undefined });
    expect(world.calls()).toBe("stat read stat");
  });

  test("commit: merges what is stored and publishes", async () => {
    const world = worldWith(A);
    const outcome = await world.session().commit(undefined, utf8(document({ b: { v: 2 } })));
    expect(text(outcome.content)).toBe(AB);
    expect(outcome).toMatchObject({ added: 1, unchanged: false, restarts: 0 });
    expect(world.text()).toBe(AB);
    expect(world.calls()).toBe("create read check replace release");
  });

  test("commit: an error in ours names the place and writes nothing", async () => {
    const world = worldWith(A);
    const commit = world.session().commit(undefined, utf8('{"secret!'));
    await expect(commit).rejects.toMatchObject({ code: "json_unexpected_end", document: "ours" });
    await commit.catch((error: Error) => expect(error.message).not.toContain("secret"));
    expect(world.calls()).toBe("create read release");
  });

  test("commit: protects and unprotects", async () => {
    const world = worldWith();
    world.cipher = true;
    const session = world.session();
    await session.commit(undefined, utf8(A));
    expect(world.text()).toBe(A);
    expect(world.calls()).toBe("create read protect check replace release");
    await session.load();
    expect(world.calls()).toBe("stat read unprotect");
  });

  test.each([
    ["read", "EACCES", "permission_denied"],
    ["replace", "ENOSPC", "disk_full"],
    ["check", "EIO", "io_error"],
  ])("commit: an error of %s releases the lock and keeps the cause", async (name, code, status) => {
    const world = worldWith(A);
    world.on(name, errno(code));
    const commit = world.session().commit(undefined, utf8(AB));
    await expect(commit).rejects.toMatchObject({ code: status, cause: { code }, location: "/virtual/cache" });
    expect(world.lockFile).toBeUndefined();
    expect(world.text()).toBe(A);
  });

  test("commit: the cause is this operation's, not that of an earlier one with the same code", async () => {
    const world = worldWith(A);
    const session = world.session();
    for (const code of ["EIO", "EBADF"]) {
      world.on("read", errno(code));
      await expect(session.commit(undefined, utf8(AB))).rejects.toMatchObject({ code: "io_error", cause: { code } });
    }
  });

  test("commit: documents over the limit are refused", async () => {
    const world = worldWith(A);
    const session = world.session({ maxBytes: 64 });
    const refusal = { code: "document_too_large", location: "/virtual/cache" };
    await expect(session.commit(undefined, new Uint8Array(65))).rejects.toMatchObject(refusal);
    world.store(`${" ".repeat(100)}{}`, OLD);
    await expect(session.load()).rejects.toMatchObject(refusal);
    world.store(" ".repeat(1_000_000), OLD);
    await expect(session.load()).rejects.toMatchObject(refusal);
    expect(world.asides).toEqual([]);
  });

  test("what nests deeper than can be read is refused, says where, and stays as it is", async () => {
    const deep = `{"f":${"[".repeat(64)}${"]".repeat(64)},"RefreshToken":{"r":{}}}`;
    const world = worldWith(deep);
    const session = world.session();
    const refusal = { code: "json_too_deep", location: "/virtual/cache", document: "theirs", offset: 68 };
    for (const refused of [session.load(), session.commit(undefined, utf8(AB)), session.update(() => utf8(AB))])
      await expect(refused).rejects.toMatchObject(refusal);
    expect(world.text()).toBe(deep);
    expect(world.asides).toEqual([]);
    expect(world.lockFile).toBeUndefined();
  });

  test("update: edits what is stored, under the lock", async () => {
    const world = worldWith(A);
    const outcome = await world.session().update(async (current) => {
      expect(world.lockFile?.mine).toBe(true);
      expect(text(current)).toBe(A);
      return utf8(AB);
    });
    expect(outcome.added).toBe(1);
    expect(world.text()).toBe(AB);
    expect(world.calls()).toBe("create read check replace release");
  });

  test("update: what the function throws is kept, nothing is written", async () => {
    const world = worldWith(A);
    const mine = new Error("mine");
    const update = world.session().update(() => {
      throw mine;
    });
    await expect(update).rejects.toMatchObject({ code: "callback_failed", cause: mine });
    expect(world.calls()).toBe("create read release");
  });

  test("update: no document is undefined, and bytes are demanded", async () => {
    const world = worldWith();
    const session = world.session();
    const wrong = session.update((current) => {
      expect(current).toBeUndefined();
      return "text" as never;
    });
    await expect(wrong).rejects.toMatchObject({ code: "callback_failed", cause: expect.any(TypeError) });
  });

  test("clear: removes under the lock and says whether there was something", async () => {
    const world = worldWith(A);
    const session = world.session();
    expect(await session.clear()).toBe(true);
    expect(await session.clear()).toBe(false);
    expect(world.calls()).toBe("create check remove release create check remove release");
  });

  test("operations of one session run in the order of the calls", async () => {
    const world = worldWith();
    const session = world.session();
    const keys = ["a", "b", "c", "d"];
    await Promise.all(keys.map((key) => session.commit(undefined, utf8(document({ [key]: {} })))));
    expect(Object.keys(JSON.parse(world.text()!).AccessToken)).toEqual(keys);
  });

  test("a closed session refuses", async () => {
    const session = worldWith().session();
    session.close();
    await expect(session.load()).rejects.toMatchObject({ code: "bad_state" });
  });
});

test("sessions of one process never meet on disk", async () => {
  const world = new World();
  world.async = true;
  const sessions = [world.session(), world.session(), world.session()];
  await Promise.all(sessions.map((session, i) => session.commit(undefined, utf8(document({ [`k${i}`]: {} })))));
  expect(world.trace).not.toContain("inspect");
  expect(Object.keys(JSON.parse(world.text()!).AccessToken)).toEqual(["k0", "k1", "k2"]);
});

test("waiting for another session of this process counts, and the error says who holds the lock", async () => {
  const world = new World();
  const holder = world.session();
  await holder.lock();
  const contender = world.session({ lockTimeoutMs: 5 }).commit(undefined, utf8(A));
  await expect(contender).rejects.toMatchObject({ code: "lock_timeout", holder: { pid: process.pid } });
  await holder.unlock();
  expect((await world.session().commit(undefined, utf8(A))).added).toBe(1);
});
