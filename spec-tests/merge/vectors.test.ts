// The vectors on what the suite does not run them on: the reference, and the builds of the
// core besides the one a host loads.
import { describe, expect, it } from "vitest";
import { CoreSubject } from "../suite/core-subject.ts";
import { PURE_KINDS } from "../suite/protocol.ts";
import { PureSubject } from "../suite/pure-subject.ts";
import { vectorTests } from "../suite/vector-tests.ts";
import { buildModule, loadSubject, subjectNames } from "../support/core-builds.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

vectorTests(new PureSubject("reference", loadSubject("reference")), it, PURE_KINDS);
for (const build of ["core.debug.wasm", "core.portable.wasm"] as const) {
  vectorTests(new CoreSubject(build, buildModule(build), "later"), it);
}

describe.each(subjectNames)("%s", (name) => {
  it("takes the documents as they are and leaves them so", () => {
    const documents = [`{"f":1}`, `{"f":2}`, `{"f":1,"g":1}`].map(encode);
    const [base, ours, theirs] = documents as [Uint8Array, Uint8Array, Uint8Array];
    loadSubject(name).merge(base, ours, theirs);
    expect(documents.map(decode)).toEqual([`{"f":1}`, `{"f":2}`, `{"f":1,"g":1}`]);
  });

  it("leaves no white space between salvaged entities", () => {
    const damaged = encode('{ "f" : [1, 2] ,\n "IdToken" : { "a" : {"n" : 1} , "b" : 2 } ,\n');
    const text = decode(loadSubject(name).salvage(damaged).content);
    expect(text.replace(/,?"msal-extensions\.salvaged":"[0-9a-f]{16}",?/, "")).toBe(
      '{"f":[1, 2],"IdToken":{"a":{"n" : 1},"b":2}}',
    );
  });
});
