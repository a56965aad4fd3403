import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { DocumentRooms } from "../../hosts/shared/core/document-rooms.ts";
import { Logger } from "../../hosts/shared/logger.ts";
import { CacheView } from "../../hosts/shared/plugin/cache-view.ts";
import { coreModule, document, utf8, World } from "../session/world.ts";
import { runs } from "../support/generators.ts";

afterEach(() => vi.restoreAllMocks());

type Tokens = Record<string, { secret: string; padding?: string }>;

const tokensOf = (text: string): Tokens => (text === "" ? {} : (JSON.parse(text).AccessToken ?? {}));

/** A view of a cache that others write too, everything asynchronous. */
function createWorld() {
  const world = new World();
  world.async = true;
  const view = new CacheView({ module: () => coreModule, capabilities: world.capabilities() }, new Logger());
  /** As the plugin does it: what memory held of what has been changed, and what it holds of that now. */
  const change = (tokens: Tokens) => {
    const before = Object.entries(tokensOf(view.text)).filter(([name]) => name in tokens);
    view.absorb(before.length === 0 ? "" : document(Object.fromEntries(before)), document(tokens));
  };
  /** Not over a damaged cache: that would remove from it what we have written. */
  const writeAsPeer = (tokens: Tokens) => {
    const stored = world.text() ?? "";
    if (stored === "" || stored.endsWith("}}}") || stored === document({}))
      world.store(document({ ...tokensOf(stored), ...tokens }));
  };
  return { world, view, change, writeAsPeer };
}

test("the view holds what was changed and what was loaded, whatever else is under way in the rooms it shares", async () => {
  const lengths = fc.constantFrom(0, 300, 5_000, 30_000, 90_000);
  const step = fc.record({
    what: fc.constantFrom("change", "change", "shrink", "peer", "damage", "refresh", "commit", "wait", "wait"),
    length: lengths,
    isAwaited: fc.boolean(),
    turns: fc.nat(60),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const { world, view, change, writeAsPeer } = createWorld();
      await view.refresh();
      const mine: Tokens = {};
      const underWay: Array<Promise<void>> = [];
      for (const [index, { what, length, isAwaited, turns }] of steps.entries()) {
        world.now += 50;
        const token = { [`token${index}`]: { secret: `secret${index}`, padding: "p".repeat(length) } };
        if (what === "change") change(Object.assign(mine, token));
        else if (what === "shrink") {
          for (const name of Object.keys(mine)) mine[name] = { secret: `${mine[name]!.secret}'` };
          change(mine);
        } else if (what === "peer") writeAsPeer(token);
        else if (what === "damage" && world.stored) world.store(world.stored.content.slice(0, -3));
        else if (what === "wait") for (let turn = 0; turn < turns; turn += 1) await undefined;
        else if (what === "refresh" || what === "commit") {
          const done = view[what]();
          if (isAwaited) await done;
          else underWay.push(done);
        }
        expect(tokensOf(view.text)).toMatchObject(mine);
      }
      await Promise.all(underWay);
      await view.refresh();
      await view.commit();
      expect(tokensOf(view.text)).toMatchObject(mine);
      // What nobody can read, and nobody knows, stays as it is.
      if (Object.keys(mine).length > 0) expect(tokensOf(world.text() ?? "")).toMatchObject(mine);
    }),
    runs(300),
  );
});

/** Fills with the memory of every room that is taken from now on. */
function roomsTaken(): Set<ArrayBuffer> {
  const taken = new Set<ArrayBuffer>();
  const { take } = DocumentRooms.prototype;
  vi.spyOn(DocumentRooms.prototype, "take").mockImplementation(function (this: DocumentRooms, length) {
    const room = take.call(this, length);
    taken.add(room.buffer);
    return room;
  });
  return taken;
}

test("nothing of an older document stays in a room", async () => {
  const buffers = roomsTaken();
  const holds = (secret: string) => [...buffers].some((buffer) => Buffer.from(buffer).includes(secret));
  const { world, view, change } = createWorld();
  await view.refresh();
  for (const padding of ["", "x".repeat(100_000)]) {
    change({ a: { secret: "first-secret", padding } });
    expect(holds("first-secret")).toBe(true);
    await view.commit();
    change({ a: { secret: "second-secret", padding } });
    await view.commit();
    expect([holds("first-secret"), holds("second-secret")]).toEqual([false, true]);
    expect(() => view.absorb('{"AccessToken":', `{"AccessToken":{"a":"third-secret`)).toThrow();
    expect(holds("third-secret")).toBe(false);
    world.store(document({}), 5000);
    await view.refresh();
    expect(holds("second-secret")).toBe(false);
  }
});

test("the rooms of steady work are made once", async () => {
  const made = roomsTaken();
  const { view, change } = createWorld();
  await view.refresh();
  for (let round = 0; round < 50; round += 1) {
    change({ a: { secret: `secret${round}`, padding: "x".repeat(100_000) } });
    await view.commit();
  }
  expect(made.size).toBe(4);
});

test("rooms: what is kept stays as it is, everything else is cleared and used again", () => {
  const rooms = new DocumentRooms();
  const [first, second] = [rooms.encode("first"), rooms.encode("second")];
  rooms.keepOnly(undefined, first);
  expect([first, second]).toEqual([utf8("first"), new Uint8Array(6)]);
  const third = rooms.encode("third");
  expect([third.buffer === second.buffer, first]).toEqual([true, utf8("first")]);
  expect(rooms.encode("\u{1f511}".repeat(9000))).toEqual(utf8("\u{1f511}".repeat(9000)));
  expect(rooms.encode("a\ud800b")).toEqual(utf8("a\ufffdb"));
});

test("rooms: too small a one makes way, too large a one is given up", () => {
  const rooms = new DocumentRooms();
  const small = rooms.take(10);
  rooms.keepOnly();
  const large = rooms.take(1_000_000);
  rooms.keepOnly();
  expect(rooms.take(10).buffer).toBe(large.buffer);
  expect(rooms.take(10).buffer).not.toBe(small.buffer);
  rooms.keepOnly();
  expect(rooms.take(10).buffer).not.toBe(large.buffer);
});
