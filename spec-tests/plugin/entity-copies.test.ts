import { expect, test } from "vitest";
import { compareEntities, copyEntities } from "../../hosts/shared/plugin/entity-copies.ts";

const entity = () => ({ secret: "s", name: "n", profiles: [{ tenant: "t" }], gone: undefined });

const changesOf = (before: object, now: object) => compareEntities(copyEntities({ key: before }), { key: now }).changed;

test.each<[string, object]>([
  ["another value", { ...entity(), secret: "other" }],
  ["a field more", { ...entity(), more: 1 }],
  ["a field more that is undefined", { ...entity(), more: undefined }],
  ["a field less", { secret: "s", profiles: [{ tenant: "t" }], gone: undefined }],
  ["a time for a field", { secret: "s", profiles: [{ tenant: "t" }], gone: undefined, lastUpdatedAt: "1" }],
  ["another field for one", { secret: "s", other: undefined, profiles: [{ tenant: "t" }], gone: undefined }],
  ["something else that is nested", { ...entity(), profiles: [{ tenant: "u" }] }],
  ["an object for what was undefined", { ...entity(), gone: {} }],
  ["another class", Object.assign(Object.create({}), entity())],
])("%s is a change", (_what, now) => {
  expect(changesOf(entity(), now)).toEqual(["key"]);
});

test.each<[string, object]>([
  ["another object", entity()],
  ["a time", { ...entity(), lastUpdatedAt: "1" }],
  ["another order", { gone: undefined, profiles: [{ tenant: "t" }], name: "n", secret: "s" }],
])("%s is none", (_what, now) => {
  expect(changesOf(entity(), now)).toEqual([]);
  expect(changesOf(now, entity())).toEqual([]);
});

test("what cannot be stored is in nobody's way", () => {
  const cyclic: Record<string, unknown> = { ...entity(), count: Object(1n) };
  cyclic.self = cyclic;
  const before = copyEntities({ key: cyclic });
  expect(compareEntities(before, { key: { ...cyclic } }).changed).toEqual([]);
  expect(compareEntities(before, { key: { ...cyclic, secret: "other" } }).changed).toEqual(["key"]);
});

test("what is changed in place is a change, nested or not; what is never stored is none", () => {
  const memory = { a: entity(), b: entity(), "throttling.x": entity() };
  const before = copyEntities(memory);
  memory.a.name = "other";
  memory.b.profiles.push({ tenant: "u" });
  memory["throttling.x"].name = "other";
  const { changed, removed, after } = compareEntities(before, memory);
  expect([changed, removed, [...after.keys()]]).toEqual([["a", "b"], [], ["a", "b"]]);
  expect(compareEntities(after, { b: memory.b })).toMatchObject({ changed: [], removed: ["a"] });
});
