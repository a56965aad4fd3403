import { describe, expect, it } from "vitest";
import { type JsonObject, ordered, parseDocument, salvagedMember, withoutEmptySections } from "../reference/index.ts";
import { attempt, loadSubject, subjectNames } from "../support/core-builds.ts";
import { documentBytes, isError, readVectors } from "../vectors/read.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
const value = (bytes: Uint8Array): string => ordered(parseDocument(bytes));

describe.each(subjectNames)("merge of %s", (name) => {
  it.each(readVectors("merge"))("$id", ({ base, ours, theirs, expect: expected }) => {
    const { result, error } = attempt(() =>
      loadSubject(name).merge(documentBytes(base), documentBytes(ours), documentBytes(theirs)),
    );
    if (isError(expected)) return expect(error).toMatchObject(expected.error);
    expect(error).toBeUndefined();
    const { content, text, ...report } = expected;
    expect(value(result!.content)).toBe(value(documentBytes(content)));
    expect(result).toMatchObject(report);
    if (text !== undefined) expect(decode(result!.content)).toBe(text);
  });

  it("takes the documents as they are and leaves them so", () => {
    const documents = [`{"f":1}`, `{"f":2}`, `{"f":1,"g":1}`].map((text) => new TextEncoder().encode(text));
    const [base, ours, theirs] = documents as [Uint8Array, Uint8Array, Uint8Array];
    loadSubject(name).merge(base, ours, theirs);
    expect(documents.map(decode)).toEqual([`{"f":1}`, `{"f":2}`, `{"f":1,"g":1}`]);
  });
});

describe.each(subjectNames)("salvage of %s", (name) => {
  it.each(readVectors("salvage"))("$id", ({ document, expect: expected }) => {
    const { content } = loadSubject(name).salvage(documentBytes(document));
    const salvaged = parseDocument(content);
    const mark = salvaged.members.get(salvagedMember)?.value;
    expect(mark?.type === "string" && mark.text).toMatch(/^[0-9a-f]{16}$/);
    expect(withoutMark(salvaged)).toBe(withoutMark(parseDocument(documentBytes(expected.content))));
  });

  it("leaves no white space between entities", () => {
    const damaged = new TextEncoder().encode('{ "f" : [1, 2] ,\n "IdToken" : { "a" : {"n" : 1} , "b" : 2 } ,\n');
    const text = decode(loadSubject(name).salvage(damaged).content);
    expect(text.replace(/,?"msal-extensions\.salvaged":"[0-9a-f]{16}",?/, "")).toBe(
      '{"f":[1, 2],"IdToken":{"a":{"n" : 1},"b":2}}',
    );
  });
});

function withoutMark(document: JsonObject): string {
  const members = new Map(document.members);
  members.delete(salvagedMember);
  return ordered(withoutEmptySections({ type: "object", members }));
}

describe.each(subjectNames)("inspect of %s", (name) => {
  it.each(readVectors("inspect"))("$id", ({ document, nowSeconds, expect: expected }) => {
    const { result, error } = attempt(() => loadSubject(name).inspect(documentBytes(document), nowSeconds));
    if (isError(expected)) expect(error).toMatchObject(expected.error);
    else expect({ result, error }).toEqual({ result: expected, error: undefined });
  });
});
