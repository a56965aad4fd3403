import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CoreExports, instantiate } from "../../hosts/shared/core/core-module.ts";
import { STATUS } from "../../hosts/shared/errors/status.ts";
import { type BuildName, buildModule, buildNames } from "../support/core-builds.ts";
import { type Draw, damage, draws, drawTriple, runs, spell } from "../support/generators.ts";

const canary = 0xc5;
const guard = 48;
const maxBytes = 1 << 20;

/** The bare instance: of its imports a pure operation needs a random number (a salvage does) and nothing else. */
function bareCore(name: BuildName): CoreExports {
  const fail = (): never => {
    throw new Error("a pure operation called an import");
  };
  const functions = new Proxy({}, { get: (_, name) => (name === "random" ? () => 0.5 : fail) });
  const imports = new Proxy({}, { get: () => functions });
  return instantiate(buildModule(name), imports, { maxBytes, lockTimeoutMs: 1000 }, () => 0.07);
}

const memory = (core: CoreExports): Uint8Array => new Uint8Array(core.memory.buffer);

interface Guarded {
  readonly before: number;
  readonly at: number;
  readonly behind: number;
  readonly bytes: Uint8Array;
}

/** The document in room of exactly its size, between two blocks of canaries. */
function place(core: CoreExports, bytes: Uint8Array): Guarded {
  const [before, at, behind] = [guard, bytes.length, guard].map((length) => core.alloc(length) >>> 0) as [
    number,
    number,
    number,
  ];
  for (const block of [before, behind]) memory(core).fill(canary, block, block + guard);
  memory(core).set(bytes, at);
  return { before, at, behind, bytes };
}

function expectUntouched(core: CoreExports, { before, at, behind, bytes }: Guarded): void {
  const now = memory(core);
  expect(Buffer.from(now.subarray(at, at + bytes.length)).equals(bytes)).toBe(true);
  for (const block of [before, behind]) {
    expect(now.subarray(block, block + guard).every((byte) => byte === canary)).toBe(true);
  }
}

function expectZero(core: CoreExports, start: number, length: number): void {
  expect(
    memory(core)
      .subarray(start, start + length)
      .every((byte) => byte === 0),
  ).toBe(true);
}

function expectResultInside(core: CoreExports): void {
  const at = core.result() >>> 0;
  const record = new DataView(core.memory.buffer, at, 64);
  for (const field of [12, 40]) {
    const [start, length] = [record.getUint32(field, true), record.getUint32(field + 4, true)];
    expect(start + length).toBeLessThanOrEqual(core.memory.buffer.byteLength);
  }
}

function drawDocuments(draw: Draw): Uint8Array[] {
  const { base, ours, theirs } = drawTriple(draw);
  const texts = [base ?? null, ours, theirs ?? null].map((tree) =>
    tree === null ? "" : spell(tree, draw(fc.nat()), { respell: true }),
  );
  const whole = texts.map((text) => new TextEncoder().encode(text));
  return whole.map((bytes, i) => (draw(fc.nat(9)) === 0 ? damage(draw, bytes, whole[(i + 1) % 3]!) : bytes));
}

describe.each(buildNames)("%s", (name) => {
  const core = bareCore(name);

  it("writes nowhere near the documents, and forgets them", () => {
    const operations: ReadonlyArray<(base: Guarded, ours: Guarded, theirs: Guarded) => number> = [
      (base, ours, theirs) =>
        core.merge(base.at, base.bytes.length, ours.at, ours.bytes.length, theirs.at, theirs.bytes.length),
      (_, ours) => core.salvage(ours.at, ours.bytes.length),
      (_, ours) => core.inspect(ours.at, ours.bytes.length, 2000),
    ];
    fc.assert(
      fc.property(draws, fc.constantFrom(...operations), (draw, operation) => {
        const placed = drawDocuments(draw).map((bytes) => place(core, bytes)) as [Guarded, Guarded, Guarded];
        operation(...placed);
        expectResultInside(core);
        for (const document of placed) expectUntouched(core, document);
        core.reset();
        for (const { before, behind } of placed) expectZero(core, before, behind + guard - before);
      }),
      runs(300),
    );
  });

  it("reads no further than the document's end", () => {
    fc.assert(
      fc.property(draws, fc.constantFrom(...'}]",:0 \\'), (draw, next) => {
        const bytes = drawDocuments(draw)[1]!.slice(0, draw(fc.nat(200)));
        const status = [canary, next.charCodeAt(0)].map((filler) => {
          const at = core.alloc(bytes.length + guard) >>> 0;
          memory(core).set(bytes, at);
          memory(core).fill(filler, at + bytes.length, at + bytes.length + guard);
          const code = core.merge(0, 0, at, bytes.length, 0, 0);
          const offset = new DataView(core.memory.buffer, core.result() >>> 0).getUint32(8, true);
          core.reset();
          return { code, offset };
        });
        expect(status[1]).toEqual(status[0]);
      }),
      runs(150),
    );
  });

  it("refuses what lies outside of its memory", () => {
    const size = core.memory.buffer.byteLength;
    const outside = fc.oneof(
      fc.tuple(fc.integer({ min: size + 1, max: 0xffff_ffff }), fc.integer({ min: 1, max: 0xffff_ffff })),
      fc.tuple(fc.integer({ min: 1, max: size }), fc.integer({ min: size + 1, max: 0xffff_ffff })),
      fc.constant([size - 1, 2] as [number, number]),
      fc.constant([0xffff_fff0, 0x20] as [number, number]),
    );
    fc.assert(
      fc.property(outside, fc.nat(4), ([pointer, length], which) => {
        const { at } = place(core, new TextEncoder().encode("{}"));
        const merge = [0, 1, 2].flatMap((i) => (i === which ? [pointer, length] : [at, 2]));
        const status =
          which === 3
            ? core.salvage(pointer, length)
            : which === 4
              ? core.inspect(pointer, length, 0)
              : core.merge(...(merge as Parameters<CoreExports["merge"]>));
        core.reset();
        expect([STATUS.bad_argument, STATUS.document_too_large]).toContain(status);
      }),
      runs(200),
    );
  });
});
