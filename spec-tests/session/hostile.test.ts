import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { STATUS } from "../../hosts/shared/errors/status.ts";
import { RawCore, readOutcome } from "./raw-core.ts";
import { coreModule, utf8 } from "./world.ts";

const { ok, not_found, io_error, bad_state, bad_argument } = STATUS;

function loading(): RawCore {
  const raw = new RawCore(coreModule);
  raw.core.load();
  raw.core.poll();
  return raw;
}

describe("outcomes that are refused", () => {
  test("before anything was asked", () => {
    const raw = new RawCore(coreModule);
    raw.core.complete(0, ok, 0, 0);
    raw.core.complete(1, ok, 0, 0);
    expect(raw.ignored()).toBe(2);
    expect(raw.core.poll()).toBe(1);
  });

  test("twice", () => {
    const raw = loading();
    raw.core.complete(raw.last().op, io_error, 0, 0);
    raw.core.complete(raw.last().op, ok, 0, 0);
    expect(raw.core.poll()).toBe(1);
    expect(raw.status()).toBe(io_error);
    expect(raw.ignored()).toBe(1);
  });

  test("for another call", () => {
    const raw = loading();
    raw.core.complete(raw.last().op + 1, not_found, 0, 0);
    raw.core.complete(raw.last().op - 1, not_found, 0, 0);
    expect(raw.core.poll()).toBe(0);
    expect(raw.ignored()).toBe(2);
  });

  test("from the operation before", () => {
    const raw = loading();
    const stale = raw.last().op;
    raw.core.reset();
    raw.core.load();
    raw.core.poll();
    raw.core.complete(stale, not_found, 0, 0);
    expect(raw.core.poll()).toBe(0);
    expect(raw.ignored()).toBe(1);
  });

  test.each([
    [0, 24],
    [4, 0xffffffff],
    [0xfffffff0, 64],
    [0x7fffffff, 1],
  ])("outside the arena: %i, %i", (pointer, length) => {
    const raw = loading();
    raw.core.complete(raw.last().op, ok, pointer, length);
    expect(raw.core.poll()).toBe(0);
    expect(raw.ignored()).toBe(1);
  });
});

describe("outcomes that are wrong", () => {
  test.each([0, 1, 31])("a read of %i bytes", (length) => {
    const raw = loading();
    raw.answer(ok, new Uint8Array(24));
    expect(raw.last().name).toBe("store.read");
    expect(raw.answer(ok, new Uint8Array(length))).toBe(1);
    expect(raw.status()).toBe(io_error);
  });

  test.each([9, 19, 95, 200, 0xffffffff])("an unknown status: %i", (status) => {
    const raw = loading();
    expect(raw.answer(status)).toBe(1);
    expect(raw.status()).toBe(io_error);
  });

  test("a status that does not belong to the call", () => {
    const raw = loading();
    expect(raw.answer(STATUS.alive)).toBe(1);
    expect(raw.status()).toBe(io_error);
  });

  test.each([0, 39, 40])("an inspection of %i bytes that claims 1 KiB of content", (length) => {
    const raw = new RawCore(coreModule);
    raw.core.lock();
    raw.core.poll();
    raw.answer(STATUS.exists);
    const inspection = new Uint8Array(length);
    if (length === 40) new DataView(inspection.buffer).setUint32(36, 1024, true);
    expect(raw.answer(ok, inspection)).toBe(1);
    expect(raw.status()).toBe(io_error);
  });
});

describe("nothing that lies outside of memory", () => {
  const DOCUMENT = utf8('{"AccessToken":{}}');

  /** Runs an update of an encrypted cache to its end, one outcome of which is nothing at all. Returns the status. */
  function update(empty: string, pointer: number): number {
    const raw = new RawCore(coreModule);
    const payloads: Readonly<Record<string, Uint8Array>> = {
      "store.read": readOutcome(DOCUMENT, 1_600_000_000_000),
      "store.replace": new Uint8Array(32),
      "cipher.protect": DOCUMENT,
      "cipher.unprotect": DOCUMENT,
      "session.edit": utf8('{"AccessToken":{"a":{"secret":"s"}}}'),
    };
    raw.core.configure_cipher(1);
    raw.core.update();
    for (let steps = 0; steps < 100 && raw.core.poll() === 0; steps += 1) {
      const { name, op } = raw.last();
      if (name === empty) raw.core.complete(op, ok, pointer, 0);
      else raw.complete(ok, payloads[name]);
    }
    expect(raw.calls.map(({ name }) => name)).toContain(empty);
    return raw.status();
  }

  test.each([
    ...["lock.create", "lock.check", "lock.release", "store.read", "store.replace"],
    ...["cipher.unprotect", "session.edit", "cipher.protect"],
  ])("is the same as nothing within, for %s", (name) => {
    expect(update(name, 0x3ac2_7ee3)).toBe(update(name, 0));
  });
});

describe("calls out of order", () => {
  test("a second start is refused", () => {
    const raw = loading();
    expect([raw.core.load(), raw.core.commit(0, 0, 0, 0, 0), raw.core.unlock()]).toEqual(Array(3).fill(bad_state));
    expect(raw.core.merge(0, 0, 0, 0, 0, 0)).toBe(bad_state);
  });

  test("documents outside the arena are refused", () => {
    const raw = new RawCore(coreModule);
    expect(raw.core.commit(8, 100, 0, 0, 0)).toBe(bad_argument);
    expect(raw.core.commit(0, 5, 0, 0, 0)).toBe(bad_argument);
    expect(raw.core.merge(0, 0, 0xfffffff0, 100, 0, 0)).toBe(bad_argument);
    expect(raw.core.salvage(1, 1)).toBe(bad_argument);
    expect(raw.core.inspect(1, 1, Number.NaN)).toBe(bad_argument);
  });

  test("starting, polling and resetting from inside an import change nothing", () => {
    const raw = new RawCore(coreModule, (_call, { core }) => {
      core.reset();
      core.poll();
      core.load();
    });
    raw.core.load();
    expect(raw.core.poll()).toBe(0);
    expect(raw.calls).toHaveLength(1);
    for (const ended of [0, 0, 1]) expect(raw.answer(not_found)).toBe(ended);
  });

  test("alloc refuses what no document can need", () => {
    const { core } = new RawCore(coreModule);
    core.configure(1000, 0, 0n);
    expect(core.alloc(0xffffffff)).toBe(0);
    expect(core.alloc(100_000)).toBe(0);
    expect(core.alloc(2000)).not.toBe(0);
  });
});

test("no sequence of outcomes traps or wedges the core", () => {
  const outcome = fc.record({
    status: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, 1, 3, 4, 5, 6, 7, 8, 20, 50, 71) }, fc.nat()),
    content: fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .constantFrom("", "{}", '{"AccessToken":{"a":{"v":1}', '{"AccessToken":{}}')
        .map((t) => readOutcome(utf8(t), 5)),
    ),
    shift: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer()),
    pass: fc.constantFrom(0, 0, 30, 2000),
  });
  const start = fc.constantFrom("load", "commit", "update", "clear", "lock", "unlock", "renew");
  fc.assert(
    fc.property(fc.array(fc.tuple(start, fc.boolean(), fc.array(outcome, { maxLength: 25 }))), (operations) => {
      const raw = new RawCore(coreModule);
      for (const [name, cipher, outcomes] of operations) {
        raw.core.configure_cipher(cipher ? 1 : 0);
        if (name === "commit") raw.core.commit(0, 0, raw.put(utf8('{"x":1}')), 7, 1);
        else raw.core[name as "load"]();
        raw.core.poll();
        for (const { status, content, shift, pass } of outcomes) {
          raw.now += pass;
          const pointer = raw.put(content) + shift;
          raw.core.complete(raw.calls.at(-1)?.op ?? 0, status, pointer >>> 0, content.length);
          raw.core.poll();
        }
        raw.core.reset();
      }
      raw.core.load();
      raw.core.poll();
      expect(raw.last().name).toBe("store.stat");
    }),
    { numRuns: 300 },
  );
});
