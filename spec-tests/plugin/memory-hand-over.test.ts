import { PublicClientApplication } from "@azure/msal-node";
import { expect, test } from "vitest";
import { copyEntities } from "../../hosts/shared/plugin/entity-copies.ts";
import { MemoryHandOver, type SharedDocument } from "../../hosts/shared/plugin/memory-hand-over.ts";
import {
  accountKey,
  type CacheJson,
  CLIENT,
  document,
  memoryOf,
  refreshKey,
  refreshToken,
  usersOf,
} from "./fixtures.ts";

const memory = () => new PublicClientApplication({ auth: { clientId: CLIENT } }).getTokenCache();
const holding = (...users: string[]): SharedDocument => ({ revision: {}, text: JSON.stringify(document(...users)) });
const usersIn = (text: string) => usersOf(JSON.parse(text) as CacheJson);

/** A document of which only the revision may be looked at. */
const unread = (revision: object): SharedDocument => ({
  revision,
  get text(): string {
    throw new Error("memory holds it already");
  },
});

test("no text is made of a document that memory holds", () => {
  const handOver = new MemoryHandOver(memory());
  const first = holding("ann");
  handOver.handOver(first);
  handOver.handOver(unread(first.revision));
  const written = {};
  handOver.learn(written);
  handOver.handOver(unread(written));
  expect(handOver.revision).toBe(written);
  expect(() => handOver.handOver(unread({}))).toThrow("memory holds it already");
});

test("what a writer left is what memory is brought back to", () => {
  const cache = memory();
  const handOver = new MemoryHandOver(cache);
  const ann = holding("ann");
  handOver.handOver(ann);
  const before = handOver.state();
  Object.assign(cache.getKVStore(), { [refreshKey("bob")]: refreshToken("bob") });
  expect(handOver.changeSince(before, ann)).toBeDefined();
  const written = {};
  handOver.learn(written);
  handOver.handOver(unread(written));
  for (const key of Object.keys(cache.getKVStore())) delete cache.getKVStore()[key];
  expect(handOver.wasCleared()).toBe(true);
  handOver.repeat();
  expect(handOver.wasCleared()).toBe(false);
  expect(cache.getKVStore()).toHaveProperty([refreshKey("bob")]);
  expect(usersIn(cache.serialize())).toEqual(["ann"]);
  expect(handOver.changeSince(handOver.state(), ann)).toBeUndefined();
  Object.assign(cache.getKVStore()[refreshKey("bob")]!, { secret: "in place" });
  expect(handOver.changeSince(handOver.state(), ann)?.ours).toContain("in place");
});

test("a document that memory could not take in is handed over again", () => {
  const cache = memory();
  const read = cache.deserialize;
  cache.deserialize = () => {
    throw new Error("not now");
  };
  const handOver = new MemoryHandOver(cache);
  const ann = holding("ann");
  expect(() => handOver.handOver(ann)).toThrow("not now");
  cache.deserialize = read;
  handOver.handOver(ann);
  expect(usersIn(cache.serialize())).toEqual(["ann"]);
});

test("what MSAL has changed in place since the hand-over is a change, though nobody had been let in", () => {
  const cache = memory();
  const handOver = new MemoryHandOver(cache);
  const ann = holding("ann");
  handOver.handOverToReader(ann);
  Object.assign(memoryOf(cache)[accountKey("ann")] as object, { tenantProfiles: [{ tenantId: "guest" }] });
  expect(handOver.changeSince(handOver.state(), ann)?.ours).toContain("guest");
});

test("what nobody has told of yet outlives a document that lacks it", () => {
  const cache = memory();
  Object.assign(cache.getKVStore(), { [refreshKey("bob")]: refreshToken("bob") });
  const handOver = new MemoryHandOver(cache);
  handOver.handOver(holding("ann"));
  handOver.handOver(holding("carl"));
  expect(cache.getKVStore()).toHaveProperty([refreshKey("bob")]);
  expect(usersIn(cache.serialize())).toEqual(["carl"]);
});

test("a tenant profile that is none hinders no change, and stays", () => {
  const cache = memory();
  const handOver = new MemoryHandOver(cache);
  handOver.handOver(holding("ann"));
  const account = memoryOf(cache)[accountKey("ann")] as { tenantProfiles?: unknown[] };
  account.tenantProfiles = [null, { tenantId: "guest" }];
  const before = copyEntities(memoryOf(cache));
  account.tenantProfiles = [{ tenantId: "home" }];
  expect(handOver.changeSince(before, undefined)).toBeDefined();
  expect(account.tenantProfiles).toEqual([{ tenantId: "home" }, null, { tenantId: "guest" }]);
});
