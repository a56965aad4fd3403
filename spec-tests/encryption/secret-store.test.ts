import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import "../../hosts/node/index.ts"; // the host, whose core tells what a cache has
import type { Store } from "../../hosts/shared/core/capabilities.ts";
import type { SecretItem } from "../../hosts/shared/encryption/secret-stores/secret-item.ts";
import { createSecretStore } from "../../hosts/shared/encryption/secret-stores/secret-store.ts";
import { createSignalFile } from "../../hosts/shared/encryption/secret-stores/signal-file.ts";
import { host } from "../../hosts/shared/runtime/host.ts";
import { temporaryFolder } from "../node/fixtures.ts";
import { createFileStore } from "../node/replaced-runtime.ts";

const itemOf = (items: Map<string, string>, name = ""): SecretItem => ({
  read: async () => items.get(name),
  write: async (text) => void items.set(name, text),
  remove: async () => items.delete(name),
  beside: (suffix) => itemOf(items, name + suffix),
});

const signalAt = (location: string) => createSignalFile(createFileStore(location), host().runtime);

/** What else a store is told of, and what it has logged. */
function file(now = () => 0) {
  const logged: string[] = [];
  return { clock: { ...host().runtime.clock, now }, log: (_: number, code: string) => void logged.push(code), logged };
}

const accountOf = (name: string) => `"${name}":{"home_account_id":"${name}"}`;
const PLAIN = `{"Account":{${accountOf("ann")}}}`;
const ENCRYPTED = "eyJhbGciOiJkaXIifQ..a.b.c";

it("looks once more directly before it writes the item, and writes nothing if that throws", async () => {
  const location = join(temporaryFolder(), "cache");
  const written: string[] = [];
  const item: SecretItem = {
    read: async () => written.at(-1),
    write: async (text) => void written.push(text),
    remove: async () => false,
    beside: () => item,
  };
  const store = createSecretStore(item, signalAt(location), file());
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

it("leaves no copy of a plain cache where the item can be neither written nor removed", async () => {
  const folder = temporaryFolder();
  const location = join(folder, "cache");
  const refused = new Error("locked");
  const item: SecretItem = {
    read: async () => undefined,
    write: async () => {
      throw refused;
    },
    remove: async () => {
      throw refused;
    },
    beside: () => item,
  };
  writeFileSync(location, PLAIN);
  const store = createSecretStore(item, signalAt(location), file());
  for (let tries = 0; tries < 3; tries += 1) {
    await expect(async () => store.replace(new TextEncoder().encode("new"))).rejects.toBe(refused);
    await expect(async () => store.remove()).rejects.toBe(refused);
  }
  expect(readdirSync(folder)).toEqual(["cache"]);
  expect(readFileSync(location, "utf8")).toBe(PLAIN);
});

it.each([
  ["nothing", undefined, true],
  ["another account", `{"Account":{${accountOf("bob")}}}`, true],
  ["all of it and more", `{"Account":{${accountOf("bob")},${accountOf("ann")}}}`, false],
])(
  "removes no plain cache from the place of the signal without keeping it, where the item had %s",
  async (_, had, isKept) => {
    const folder = temporaryFolder();
    const location = join(folder, "cache");
    const items = new Map(had === undefined ? [] : [["", had]]);
    writeFileSync(location, PLAIN);
    const store = createSecretStore(itemOf(items), signalAt(location), file());
    expect(await store.remove()).toBe(had !== undefined);
    expect(items.size).toBe(0);
    const kept = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    expect(kept).toEqual(isKept ? [PLAIN] : []);
    expect(readdirSync(folder)).not.toContain("cache");
  },
);

it.each([
  ["plain text", PLAIN, ["not_encrypted"], "cache_set_aside"],
  ["encrypted by another persistence", ENCRYPTED, ["encrypted"], undefined],
  ["a signal", "{}", [], undefined],
  ["a peer's signal", " ", [], undefined],
])(
  "says once that what has its signal's place is not read, and what becomes of it: %s",
  async (_, content, codes, last) => {
    const location = join(temporaryFolder(), "cache");
    writeFileSync(location, content);
    const { logged, ...others } = file();
    const store = createSecretStore(itemOf(new Map()), signalAt(location), others);
    expect([await store.read(), await store.read()]).toEqual([undefined, undefined]);
    expect(logged).toEqual(codes);
    await store.replace(new TextEncoder().encode("{}"));
    expect(logged.slice(codes.length)).toEqual(last === undefined ? [] : [last]);
    expect(readFileSync(location, "utf8")).toBe(content === ENCRYPTED ? ENCRYPTED : "{}");
  },
);

it("leaves what another persistence has encrypted, which signals by its time, and takes its changes for a signal", async () => {
  const folder = temporaryFolder();
  const location = join(folder, "cache");
  const items = new Map<string, string>();
  writeFileSync(location, ENCRYPTED, { mode: 0o400 });
  const [store, another] = [1, 2].map(() => createSecretStore(itemOf(items), signalAt(location), file())) as [
    Store,
    Store,
  ];
  const versions = [await store.stat()];
  for (const text of ["first", "second"]) {
    versions.push(await store.replace(new TextEncoder().encode(text)));
    expect(await another.stat()).toMatchObject({ mtimeNs: versions.at(-1)?.mtimeNs });
    expect(new TextDecoder().decode((await another.read())?.content)).toBe(text);
  }
  rmSync(location);
  writeFileSync(location, ENCRYPTED.toLowerCase());
  versions.push(await store.stat());
  expect(await store.remove()).toBe(true);
  versions.push(await signalAt(location).stat());
  expect(new Set(versions.map((version) => version?.mtimeNs)).size).toBe(versions.length);
  expect(await another.read()).toBeUndefined();
  expect(readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"))).toEqual([
    ENCRYPTED.toLowerCase(),
  ]);
});

it("sets the same item aside once, however often it cannot be written over, and another one anew", async () => {
  const items = new Map([["", "damaged"]]);
  let now = 0;
  const store = createSecretStore(
    itemOf(items),
    signalAt(join(temporaryFolder(), "cache")),
    file(() => ++now),
  );
  const names = [await store.setAside(), await store.setAside()];
  expect(names[1]).toBe(names[0]);
  expect([...items.values()]).toEqual(["damaged", "damaged"]);
  items.set("", "damaged otherwise");
  expect(await store.setAside()).not.toBe(names[0]);
  expect([...items.values()]).toEqual(["damaged otherwise", "damaged", "damaged otherwise"]);
});
