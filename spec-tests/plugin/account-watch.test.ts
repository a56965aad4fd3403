import { expect, test } from "vitest";
import { AccountWatch } from "../../hosts/shared/account-watch.ts";
import type { Store } from "../../hosts/shared/core/capabilities.ts";

const SILENT = { error() {}, info() {}, verbose() {}, warning() {} };

/** @returns what the store does when it may have changed */
function start(watch: AccountWatch): () => void {
  let changed = () => {};
  const watchStore = (onChange: () => void) => {
    changed = onChange;
    return () => undefined;
  };
  watch.start({ watch: watchStore } as unknown as Store);
  return () => changed();
}

test("a change that could not be loaded is looked for again, though nothing tells of it any more", async () => {
  const accounts = [{ local_account_id: "ann" }] as never[];
  const warnings: string[] = [];
  let failing = false;
  let content = new Uint8Array(1);
  let changed = () => {};
  const heard = new Promise<unknown>((resolve) => {
    const watch = new AccountWatch({
      load: async () => {
        if (!failing) return content;
        failing = false;
        throw new Error("the vault is down");
      },
      accountsOf: (document) => (document.length === 1 ? [] : accounts),
      listener: (change) => {
        resolve(change);
        watch.stop();
      },
      logger: { error() {}, info() {}, verbose() {}, warning: (message) => void warnings.push(message) },
    });
    changed = start(watch);
  });
  await new Promise((resolve) => setImmediate(resolve)); // the first look
  content = new Uint8Array(2);
  failing = true;
  changed();
  expect(await heard).toMatchObject({ accountsAdded: accounts });
  expect(warnings).toEqual(["While watching the cache: Error: the vault is down"]);
});

test("what is found by the first look that succeeds is no change, though the one before it failed", async () => {
  const heard: unknown[] = [];
  let looks = 0;
  let content = Uint8Array.of(1);
  const watch = new AccountWatch({
    load: async () => {
      looks += 1;
      if (looks === 1) throw new Error("the vault is down");
      return content;
    },
    accountsOf: ([number]) => [{ home_account_id: String(number) }] as never[],
    listener: (change) => heard.push(change),
    logger: SILENT,
  });
  const changed = start(watch);
  await expect.poll(() => looks).toBe(1);
  changed();
  await expect.poll(() => looks).toBe(2);
  content = Uint8Array.of(2);
  changed();
  const accounts = { accountsAdded: [{ home_account_id: "2" }], accountsRemoved: [{ home_account_id: "1" }] };
  await expect.poll(() => heard).toEqual([accounts]);
  watch.stop();
});

test("what is no account is passed over", async () => {
  const heard: unknown[] = [];
  let accounts: unknown[] = [null, 5];
  let content = Uint8Array.of(1);
  const watch = new AccountWatch({
    load: async () => content,
    accountsOf: () => accounts as never[],
    listener: (change) => heard.push(change),
    logger: SILENT,
  });
  const changed = start(watch);
  await new Promise((resolve) => setImmediate(resolve)); // the first look
  content = Uint8Array.of(2);
  accounts = [null, { local_account_id: "ann" }];
  changed();
  await expect.poll(() => heard).toEqual([{ accountsAdded: [{ local_account_id: "ann" }], accountsRemoved: [] }]);
  watch.stop();
});

test("the same content read once more is no change", async () => {
  const heard: unknown[] = [];
  let reads = 0;
  let content = Uint8Array.of(1);
  const watch = new AccountWatch({
    load: async () => {
      reads += 1;
      return content.slice();
    },
    accountsOf: () => [],
    listener: (change) => heard.push(change),
    logger: SILENT,
  });
  const changed = start(watch);
  changed();
  await expect.poll(() => reads).toBe(2);
  content = Uint8Array.of(2);
  changed();
  await expect.poll(() => heard.length).toBe(1);
  expect(reads).toBe(3);
  watch.stop();
});
