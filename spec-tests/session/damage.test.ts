import { describe, expect, test } from "vitest";
import { document, utf8, World } from "./world.ts";

const A = document({ a: { v: 1 }, b: { v: 2 } });
const TORN = A.slice(0, -4);

function damaged(content: string): World {
  const world = new World();
  world.store(content, 5000);
  return world;
}

describe("load", () => {
  test("what stood there before something unreadable, and does again, is read and not taken for known", async () => {
    const world = new World();
    world.store(A, 5000);
    const session = world.session();
    const first = await session.load();
    const { stored } = world;
    world.store("somebody's notes", 5000);
    await session.load();
    world.stored = stored;
    expect(await session.load()).toMatchObject({ unchanged: false, content: first.content });
    await session.commit(first.content, first.content!, true);
    expect(world.text()).toBe(A);
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
});

test("who commits to a file that a peer has cut to nothing, and never saw what it held, has it removed for nobody", async () => {
  const world = damaged(A);
  const who = world.session();
  const { content } = await who.load();
  world.store("", 5000);
  await world.session().commit(undefined, utf8(document({ c: { v: 3 } })));
  await who.commit(content, content!);
  expect(JSON.parse(world.text()!)).toMatchObject(JSON.parse(document({ a: { v: 1 }, b: { v: 2 }, c: { v: 3 } })));
});
