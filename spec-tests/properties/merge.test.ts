import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MergeOutcome } from "../../hosts/shared/core/outcomes.ts";
import {
  canonical,
  entities,
  equal,
  foreign,
  isCredentialSection,
  isObject,
  isSectionName,
  type Json,
  type JsonObject,
  ordered,
  parseDocument,
} from "../reference/index.ts";
import {
  attempt,
  buildNames,
  loadSubject,
  type Merger,
  type SubjectName,
  subjectNames,
} from "../support/core-builds.ts";
import {
  draws,
  drawTriple,
  type Options,
  runs,
  type Style,
  spell,
  type Tree,
  type Triple,
} from "../support/generators.ts";

type Contents = readonly [base: Uint8Array | undefined, ours: Uint8Array, theirs: Uint8Array | undefined];

function contents({ base, ours, theirs }: Triple, seed: number, style: Style): Contents {
  const bytes = (tree: Tree, salt: number): Uint8Array => new TextEncoder().encode(spell(tree, seed + salt, style));
  const optional = (tree: Tree | undefined, salt: number) => (tree === undefined ? undefined : bytes(tree, salt));
  return [optional(base, 1), bytes(ours, 2), optional(theirs, 3)];
}

const triples = (style: Style, options?: Options): fc.Arbitrary<Contents> =>
  draws.map((draw) => contents(drawTriple(draw, options), draw(fc.nat()), style));

const show = (documents: Contents): string =>
  documents.map((bytes) => (bytes ? Buffer.from(bytes).toString() : "absent")).join("\n");

function report({ added, updated, removed, conflicts, unchanged }: MergeOutcome) {
  return { added, updated, removed, conflicts, unchanged };
}

function merge(subject: Merger, documents: Contents) {
  return attempt(() => {
    const outcome = subject.merge(...documents);
    const { accountsAdded, accountsRemoved } = outcome;
    return { value: ordered(parseDocument(outcome.content)), ...report(outcome), accountsAdded, accountsRemoved };
  });
}

describe.each(buildNames)("%s", (name) => {
  it("merges as the reference does", () => {
    fc.assert(
      fc.property(triples({ respell: true }), (documents) => {
        expect(merge(loadSubject(name), documents), show(documents)).toEqual(
          merge(loadSubject("reference"), documents),
        );
      }),
      runs(500),
    );
  });
});

describe.each(subjectNames)("%s", (name: SubjectName) => {
  it("decides alike however the documents are spelt", () => {
    const spellings = draws.map((draw): [Contents, Contents] => {
      const triple = drawTriple(draw);
      return [contents(triple, 0, {}), contents(triple, draw(fc.nat()), { respell: true, shuffle: true })];
    });
    fc.assert(
      fc.property(spellings, ([plain, respelt]) => {
        const [one, two] = [plain, respelt].map((documents) => {
          const outcome = loadSubject(name).merge(...documents);
          const accounts = [[...outcome.accountsAdded].sort(), [...outcome.accountsRemoved].sort()];
          return { value: canonical(parseDocument(outcome.content)), ...report(outcome), accounts };
        });
        expect(two, show(respelt)).toEqual(one);
      }),
      runs(200),
    );
  });

  it("changes nothing when it merges the same again", () => {
    fc.assert(
      fc.property(triples({ respell: true }, { oneKeyPerHolder: true }), (documents) => {
        const [base, ours] = documents;
        const first = loadSubject(name).merge(...documents);
        const second = loadSubject(name).merge(base, ours, first.content);
        expect(second.unchanged, show(documents)).toBe(true);
        expect(Buffer.from(second.content).equals(first.content)).toBe(true);
      }),
      runs(200),
    );
  });

  it("gives documents that parse, and keeps the bytes of what did not change", () => {
    fc.assert(
      fc.property(triples({ respell: true }), (documents) => {
        const { content, unchanged } = loadSubject(name).merge(...documents);
        const [, ours, theirs] = documents;
        const text = new TextDecoder("utf-8", { fatal: true }).decode(content);
        JSON.parse(text);
        if (unchanged && theirs) expect(text).toBe(new TextDecoder().decode(theirs));
        expectBytesKept(parseDocument(content), parseDocument(ours), parseDocument(theirs));
      }),
      runs(200),
    );
  });
});

function expectBytesKept(result: JsonObject, ours: JsonObject, theirs: JsonObject): void {
  for (const [name, { value }] of result.members) {
    if (!isSectionName(name) || !isObject(value)) {
      const [x, y] = [foreign(ours, name), foreign(theirs, name)];
      expectSpelledLike(value, equal(value, y) ? y : x);
      continue;
    }
    for (const [key, entity] of entities(result, name)) {
      const [x, y] = [entities(ours, name).get(key), entities(theirs, name).get(key)];
      if (equal(entity, y)) expectSpelledLike(entity, y);
      // Fields that were merged one by one may by chance come to what ours is.
      else if (isCredentialSection(name) || y === undefined) expectSpelledLike(entity, x);
    }
  }
}

function expectSpelledLike(value: Json, source: Json | undefined): void {
  if (equal(value, source)) expect(spelling(value)).toBe(spelling(source!));
}

const spelling = (value: Json): string => Buffer.from(value.raw!).toString();
