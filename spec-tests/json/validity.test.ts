import { describe, expect, it } from "vitest";
import { DocumentError, parseJson } from "../reference/index.ts";
import { refusalOf } from "../suite/judge.ts";
import { attempt, loadSubject, subjectNames } from "../support/core-builds.ts";
import { documentBytes, type ErrorVector, readVectors } from "../vectors/read.ts";

const vectors = readVectors("json");
const emptyObject = new TextEncoder().encode("{}");

function wrap(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.from('{"x":'), bytes, Buffer.from("}")]));
}

function acceptedByJsonParse(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

describe("the vectors and JSON.parse agree", () => {
  const withinLimits = vectors.filter(({ expect }) => expect === "accept" || expect.error.code !== "json_too_deep");
  it.each(withinLimits)("$id", (vector) => {
    expect(acceptedByJsonParse(documentBytes(vector.document))).toBe(vector.expect === "accept");
  });
});

describe("JSON, parsed by the reference", () => {
  it.each(vectors)("$id", (vector) => {
    const { error } = attempt(() => parseJson(documentBytes(vector.document)));
    if (vector.expect === "accept") expect(error).toBeUndefined();
    else expect(error).toMatchObject((vector.expect as ErrorVector).error);
  });
});

describe.each(subjectNames)("JSON, handed to merge of %s", (name) => {
  it.each(vectors)("$id as ours and as base", (vector) => {
    const bytes = documentBytes(vector.document);
    const expected = refusalOf(vector);
    const ours = attempt(() => loadSubject(name).merge(undefined, bytes, emptyObject));
    const base = attempt(() => loadSubject(name).merge(bytes, emptyObject, emptyObject));
    for (const [document, { error }] of Object.entries({ ours, base })) {
      if (expected) expect(error).toMatchObject({ document, ...expected });
      else expect(error).toBeUndefined();
    }
  });

  it.each(vectors)("$id as the value of a member", (vector) => {
    const bytes = wrap(documentBytes(vector.document));
    const { error } = attempt(() => loadSubject(name).merge(undefined, emptyObject, bytes));
    const expected = attempt(() => parseJson(bytes)).error;
    expect(error && { code: error.code, offset: error.offset }).toEqual(
      expected && { code: expected.code, offset: expected.offset },
    );
    if (expected?.code !== "json_too_deep") expect(error === undefined).toBe(acceptedByJsonParse(bytes));
  });
});

it("the reference throws nothing but its own errors", () => {
  for (const { document } of vectors) {
    try {
      parseJson(documentBytes(document));
    } catch (error) {
      expect(error).toBeInstanceOf(DocumentError);
    }
  }
});
