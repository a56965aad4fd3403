import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Json,
  type JsonObject,
  ordered,
  parseDocument,
  referenceSalvage,
  salvagedMember,
  withoutEmptySections,
} from "../reference/index.ts";
import { attempt, buildNames, loadSubject, subjectNames } from "../support/core-builds.ts";
import { damage, draws, drawTriple, runs, spell, tokens } from "../support/generators.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const show = (bytes: Uint8Array): string => JSON.stringify(Buffer.from(bytes).toString("latin1"));

const damaged = draws.map((draw) => {
  const { ours, theirs } = drawTriple(draw);
  const style = { respell: draw(fc.boolean()) };
  return damage(draw, encode(spell(theirs ?? null, draw(fc.nat()), style)), encode(spell(ours, draw(fc.nat()), style)));
});
const inputs = fc.oneof(
  { weight: 8, arbitrary: damaged },
  { weight: 2, arbitrary: tokens },
  { weight: 1, arbitrary: fc.uint8Array() },
);

describe.each(subjectNames)("%s", (name) => {
  it("salvages what was complete before the damage", () => {
    fc.assert(
      fc.property(inputs, (bytes) => {
        const { content } = loadSubject(name).salvage(bytes);
        const salvaged = parseDocument(content);
        expect(mark(salvaged), show(bytes)).toMatch(/^[0-9a-f]{16}$/);
        expect(spelling(salvaged), show(bytes)).toEqual(spelling(referenceSalvage(bytes)));
      }),
      runs(400),
    );
  });

  it("merges a salvaged document as any other", () => {
    fc.assert(
      fc.property(draws, (draw) => {
        const { base, ours, theirs } = drawTriple(draw);
        const bytes = [base ?? null, ours, theirs ?? null].map((tree) =>
          encode(tree === null ? "{}" : spell(tree, draw(fc.nat()))),
        );
        const salvaged = loadSubject(name).salvage(damage(draw, bytes[2]!, bytes[1]!)).content;
        const merge = (subject: "reference" | typeof name) =>
          ordered(parseDocument(loadSubject(subject).merge(bytes[0]!, bytes[1]!, salvaged).content));
        expect(merge(name)).toBe(merge("reference"));
      }),
      runs(100),
    );
  });
});

describe.each(buildNames)("%s", (name) => {
  it("inspects as the reference does", () => {
    const documents = draws.map((draw) => encode(spell(drawTriple(draw).ours, draw(fc.nat()), { respell: true })));
    fc.assert(
      fc.property(documents, fc.constantFrom(0, 1000, 2000.5, 3000), (bytes, now) => {
        const inspect = (subject: "reference" | typeof name) => attempt(() => loadSubject(subject).inspect(bytes, now));
        expect(inspect(name), show(bytes)).toEqual(inspect("reference"));
      }),
      runs(200),
    );
  });
});

function mark(document: JsonObject): string | undefined {
  const value = document.members.get(salvagedMember)?.value;
  return value?.type === "string" ? value.text : undefined;
}

/** The order of everything, and the bytes of every entity and foreign member. */
function spelling(document: JsonObject): string[] {
  const members = new Map(withoutEmptySections(document).members);
  members.delete(salvagedMember);
  const bytes = (value: Json): string => Buffer.from(value.raw ?? []).toString("latin1");
  return [...members].flatMap(([name, { value }]) =>
    value.type === "object"
      ? [name, ...[...value.members].flatMap(([key, member]) => [key, bytes(member.value)])]
      : [name, bytes(value)],
  );
}
