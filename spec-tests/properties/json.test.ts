import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Json, parseJson } from "../reference/index.ts";
import { attempt, buildNames, loadSubject } from "../support/core-builds.ts";
import { damage, draws, drawTriple, runs, spell, tokens } from "../support/generators.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const show = (bytes: Uint8Array): string => JSON.stringify(Buffer.from(bytes).toString("latin1"));
const documents = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  { weight: 3, arbitrary: tokens },
  {
    weight: 3,
    arbitrary: draws.map((draw) => {
      const { ours, theirs } = drawTriple(draw);
      const [one, two] = [ours, theirs ?? null].map((tree) => encode(spell(tree, draw(fc.nat()), { respell: true })));
      return damage(draw, one!, two!);
    }),
  },
  { weight: 1, arbitrary: fc.json().map(encode) },
);

describe("the reference", () => {
  it("accepts what JSON.parse accepts, and reads the same value", () => {
    fc.assert(
      fc.property(documents, (bytes) => {
        const native = attemptNative(bytes);
        const { result, error } = attempt(() => parseJson(bytes));
        if (error?.code === "json_too_deep") return;
        expect(error === undefined, show(bytes)).toBe(native !== undefined);
        if (result && native) expect(JSON.stringify(plain(result))).toBe(JSON.stringify(native.value));
      }),
      runs(1500),
    );
  });
});

describe.each(buildNames)("%s", (name) => {
  it("refuses what the reference refuses, with the same code at the same byte", () => {
    fc.assert(
      fc.property(documents, (bytes) => {
        const merge = (subject: "reference" | typeof name) =>
          attempt(() => loadSubject(subject).merge(undefined, encode("{}"), bytes).unchanged);
        expect(merge(name), show(bytes)).toEqual(merge("reference"));
      }),
      runs(1500),
    );
  });
});

function attemptNative(bytes: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) };
  } catch {
    return undefined;
  }
}

function plain(json: Json): unknown {
  switch (json.type) {
    case "literal":
      return { null: null, true: true, false: false }[json.text];
    case "number":
      return Number(json.text);
    case "string":
      return json.text;
    case "array":
      return json.items.map(plain);
    case "object":
      return Object.fromEntries([...json.members].map(([name, { value }]) => [name, plain(value)]));
  }
}
