import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { SecretItem } from "../../hosts/shared/encryption/secret-item.ts";
import { createSecretStore } from "../../hosts/shared/encryption/secret-store.ts";
import { temporaryFolder } from "../node/fixtures.ts";
import { createFileStore } from "../node/replaced-runtime.ts";

it("looks once more directly before it writes the item, and writes nothing if that throws", async () => {
  const location = join(temporaryFolder(), "cache");
  const written: string[] = [];
  const item: SecretItem = {
    read: async () => written.at(-1),
    write: async (text) => void written.push(text),
    remove: async () => false,
    beside: () => item,
  };
  const store = createSecretStore(item, createFileStore(location), () => 0);
  const lost = new Error("lost");
  const publish = (look: () => void) => store.replace(new TextEncoder().encode("new"), look);
  await expect(async () =>
    publish(() => {
      throw lost;
    }),
  ).rejects.toBe(lost);
  expect(written).toEqual([]);
  await publish(() => expect(written).toEqual([]));
  expect([written, readFileSync(location, "utf8")]).toEqual([["new"], "{}"]);
});

it("leaves no copy of a plain cache where the item cannot be written", async () => {
  const folder = temporaryFolder();
  const location = join(folder, "cache");
  const refused = new Error("locked");
  const item: SecretItem = {
    read: async () => undefined,
    write: async () => {
      throw refused;
    },
    remove: async () => false,
    beside: () => item,
  };
  writeFileSync(location, "a plain cache");
  const store = createSecretStore(item, createFileStore(location), () => 0);
  for (let tries = 0; tries < 3; tries += 1)
    await expect(async () => store.replace(new TextEncoder().encode("new"))).rejects.toBe(refused);
  expect(readdirSync(folder)).toEqual(["cache"]);
  expect(readFileSync(location, "utf8")).toBe("a plain cache");
});

it("sets the same item aside once, however often it cannot be written over, and another one anew", async () => {
  const items = new Map([["", "damaged"]]);
  const itemCalled = (name: string): SecretItem => ({
    read: async () => items.get(name),
    write: async (text) => void items.set(name, text),
    remove: async () => items.delete(name),
    beside: (suffix) => itemCalled(name + suffix),
  });
  let now = 0;
  const store = createSecretStore(itemCalled(""), createFileStore(join(temporaryFolder(), "cache")), () => ++now);
  const names = [await store.setAside(), await store.setAside()];
  expect(names[1]).toBe(names[0]);
  expect([...items.values()]).toEqual(["damaged", "damaged"]);
  items.set("", "damaged otherwise");
  expect(await store.setAside()).not.toBe(names[0]);
  expect([...items.values()]).toEqual(["damaged otherwise", "damaged", "damaged otherwise"]);
});
