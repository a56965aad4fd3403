// Entities that are indented on one side only are held against each other token by token
// (core-wasm/assembly/json/twin.ts): whatever goes wrong in one byte must be found, and nothing else.
import { describe, expect, it } from "vitest";
import { ordered, parseDocument } from "../reference/index.ts";
import { attempt, buildNames, loadSubject, type SubjectName } from "../support/core-builds.ts";

const entity = {
  secret: 'a "quoted" \\ secret, \u00e9 and \u{1f511}, long enough for blocks of sixteen and of sixty-four bytes',
  empty: {},
  list: [1, -20.5e3, true, false, null, [], "x"],
  "": "a name of sixteen",
  expires_on: 17,
};
const document = { AccessToken: { first: entity, second: { secret: "s", cached_at: "1" } }, RefreshToken: {} };
const compact = JSON.stringify(document);
const indented = JSON.stringify(document, null, 1);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function merge(subject: SubjectName, base: Uint8Array | undefined, ours: Uint8Array, theirs: Uint8Array) {
  return attempt(() => {
    const { content, added, updated, removed, conflicts, unchanged } = loadSubject(subject).merge(base, ours, theirs);
    return { value: ordered(parseDocument(content)), added, updated, removed, conflicts, unchanged };
  });
}

/** Every document that one byte more, less or other makes of this one. */
function* damaged(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1) {
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    yield before;
    yield Buffer.concat([before, after.subarray(1)]);
    for (const byte of Buffer.from(' "\\1}\0')) {
      yield Buffer.concat([before, Uint8Array.of(byte), after]);
      yield Buffer.concat([before, Uint8Array.of(byte), after.subarray(1)]);
    }
  }
}

describe.each(buildNames)("%s", (name) => {
  it.each([
    ["ours is indented", compact, indented],
    ["theirs is indented", indented, compact],
  ])("%s: one byte of ours is more, less or another", (_, theirs, ours) => {
    for (const bytes of damaged(encode(ours))) {
      const merged = merge(name, undefined, bytes, encode(theirs));
      expect(merged, Buffer.from(bytes).toString()).toEqual(merge("reference", undefined, bytes, encode(theirs)));
    }
  });

  it("what both sides still have as base has it is unchanged, whichever of the three is indented", () => {
    for (let which = 0; which < 8; which += 1) {
      const [base, ours, theirs] = [1, 2, 4].map((bit) => encode(which & bit ? indented : compact));
      expect(merge(name, base, ours!, theirs!).result).toMatchObject({ unchanged: true, conflicts: 0 });
      const renewed = encode((which & 2 ? indented : compact).replace(/"s"/, '"renewed"'));
      expect(merge(name, base, renewed, theirs!).result).toMatchObject({ unchanged: false, updated: 1, conflicts: 0 });
    }
  });
});
