import { describe, expect, test } from "vitest";
import { document, errno, text, utf8, World } from "./world.ts";

const A = document({ a: { v: 1 }, b: { v: 2 } });
const TORN = A.slice(0, -4);
const RETRIES = "read sleep5 read sleep10 read sleep20 read";
const keys = (content: string | undefined) => Object.keys(JSON.parse(content!).AccessToken ?? {});
const MARKER = "msal-extensions.salvaged";

function damaged(content: string): World {
  const world = new World();
  world.store(content, 5000);
  return world;
}

describe("load", () => {
  test("a peer's write in progress is waited for", async () => {
    const world = damaged(TORN);
    world.on("sleep10", () => world.store(A, 5000));
    expect(await world.session().load()).toMatchObject({ salvaged: false, content: utf8(A) });
    expect(world.calls()).toBe("stat read sleep5 read sleep10 read");
  });

  test("one that ends as soon as the lock is free is waited for", async () => {
    const world = damaged(TORN);
    world.on("create", () => world.store(A, 5000));
    expect(await world.session().load()).toMatchObject({ salvaged: false, setAside: false });
    expect(world.calls()).toBe(`stat ${RETRIES} create read release`);
  });

  test.each([
    ["cut short", TORN, ["a"]],
    ["a shorter write over a longer one", `${A}"}}`, ["a", "b"]],
    ["no object", "[1]", []],
    ["garbage", "\u0001\u0002", []],
  ])("%s: set aside, salvaged, replaced", async (_name, content, left) => {
    const world = damaged(content);
    const session = world.session();
    const outcome = await session.load();
    expect(outcome).toMatchObject({ salvaged: true, setAside: true });
    expect(keys(text(outcome.content))).toEqual(left);
    expect(JSON.parse(text(outcome.content)!)).toHaveProperty([MARKER]);
    expect(world.text()).toBe(text(outcome.content));
    expect(text(world.asides[0])).toBe(content);
    expect(world.calls()).toBe(`stat ${RETRIES} create read setAside check replace release`);
    expect(world.logged).toEqual(["cache_damaged", "cache_set_aside", "cache_salvaged"]);
    expect(world.lockFile).toBeUndefined();
  });

  test("an original that cannot be kept is not written over", async () => {
    const world = damaged(TORN);
    world.on("setAside", errno("ENOSPC"));
    await expect(world.session().load()).rejects.toMatchObject({ code: "disk_full" });
    expect(world.text()).toBe(TORN);
    expect(world.lockFile).toBeUndefined();
  });

  test("losing the lock before replacing starts again from it", async () => {
    const world = damaged(TORN);
    world.on("check", () => {
      world.lockFile = undefined;
      world.store(A, 5000);
    });
    expect(await world.session().load()).toMatchObject({ salvaged: false, setAside: true, restarts: 1 });
    expect(world.text()).toBe(A);
  });

  test("emptied where a document was known: salvaged, but nothing is replaced", async () => {
    const world = damaged(A);
    const session = world.session();
    await session.load();
    world.store("", 5000);
    const outcome = await session.load();
    expect(outcome).toMatchObject({ salvaged: true, setAside: false });
    expect(Object.keys(JSON.parse(text(outcome.content)!))).toEqual([MARKER]);
    expect(world.text()).toBe("");
    expect(world.calls()).toBe(`stat read stat ${RETRIES} create read release`);
  });
});

describe("commit", () => {
  test("repairs what is damaged, under the lock, with what it knows", async () => {
    const world = damaged(TORN);
    const outcome = await world.session().commit(utf8(A), utf8(A));
    expect(outcome).toMatchObject({ salvaged: true, setAside: true, unchanged: false });
    expect(keys(world.text())).toEqual(["a", "b"]);
    expect(world.calls()).toBe(`create ${RETRIES} setAside check replace release`);
  });

  test("what was emptied is filled again", async () => {
    const world = damaged(A);
    const session = world.session();
    const base = (await session.load()).content!;
    world.store("", 5000);
    expect(await session.commit(base, base, true)).toMatchObject({ salvaged: true, setAside: false });
    expect(keys(world.text())).toEqual(["a", "b"]);
  });

  test("an update gets what was salvaged", async () => {
    const world = damaged(TORN);
    await world.session().update((current) => {
      expect(keys(text(current))).toEqual(["a"]);
      return current!;
    });
    expect(keys(world.text())).toEqual(["a"]);
    expect(world.asides).toHaveLength(1);
  });
});

test("what cannot be decrypted is never salvaged", async () => {
  const world = new World();
  world.cipher = true;
  world.store("x", 5000);
  world.always("unprotect", () => {
    throw new Error("wrong key");
  });
  await expect(world.session().load()).rejects.toMatchObject({ code: "unprotect_failed" });
  expect(world.asides).toEqual([]);
  expect(world.text()).toBeDefined();
});
