import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import { type CacheChange, TokenCacheStore } from "../../hosts/node/index.ts";
import type { FileSystem, FileWatcher } from "../../hosts/shared/files/file-system.ts";
import { watchStore } from "../../hosts/shared/files/store-watch.ts";
import { document } from "../plugin/fixtures.ts";
import { temporaryFolder } from "./fixtures.ts";
import { createFileStore } from "./replaced-runtime.ts";

const LIMIT_MS = 30_000;

/** What a watch reports, one change after the other. */
class Heard {
  readonly #changes: CacheChange[] = [];
  #wake: (() => void) | undefined;

  readonly listener = async (change: CacheChange): Promise<never> => {
    this.#changes.push(change);
    this.#wake?.();
    throw new Error("of the listener"); // is nobody's unhandled rejection
  };

  /** Others may come before it: tokens that have changed, and no account. */
  async added(user: string): Promise<void> {
    while (!this.#changes.some(({ accountsAdded }) => accountsAdded[0]?.local_account_id === user)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

// The watch looks by itself after 5 s where no watcher tells.
it("hears of what comes by a link that is pointed elsewhere, and of what is written there then", {
  timeout: LIMIT_MS,
}, async () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  mkdirSync(at("below"));
  writeFileSync(at("one.json"), JSON.stringify(document("ann")));
  writeFileSync(at("below/other.json"), JSON.stringify(document("bob")));
  symlinkSync(at("one.json"), at("cache.json"));
  const store = await TokenCacheStore.open(at("cache.json"));
  const heard = new Heard();
  store.watch(heard.listener);
  for (const _ of ["before the watch's first look", "after it"]) await store.load();
  symlinkSync(at("below/other.json"), at("new"));
  renameSync(at("new"), at("cache.json"));
  await heard.added("bob");
  writeFileSync(at("below/other.json"), JSON.stringify(document("bob", "cid"))); // in a folder that nobody watches
  await heard.added("cid");
  await store.close();
});

/** A watch of `location`, which leads to `target`, and how many watchers of the system it has. */
function countedWatch(location: string, target = location) {
  const open = new Set<FileWatcher>();
  const listeners: Parameters<FileSystem["watch"]>[2][] = [];
  const { runtime } = nodeHost;
  const watch: FileSystem["watch"] = (path, options, listener) => {
    const watcher = runtime.fs.watch(path, options, listener);
    listeners.push(listener);
    open.add(watcher);
    const close = watcher.close.bind(watcher);
    return Object.assign(watcher, {
      close() {
        open.delete(watcher);
        close();
      },
    });
  };
  const store = createFileStore(location);
  let wake = () => {};
  const change = () => new Promise<void>((resolve) => (wake = resolve));
  const parts = { runtime: { ...runtime, fs: { ...runtime.fs, watch } }, location, target: async () => target };
  const stop = watchStore({ ...parts, stat: async () => store.stat() }, () => wake());
  onTestFinished(stop);
  return { change, listeners, watchers: () => open.size };
}

it("goes on watching a folder whose mode has changed", { timeout: LIMIT_MS }, async () => {
  const folder = temporaryFolder();
  const { change, watchers } = countedWatch(join(folder, "cache.json"));
  const changed = change();
  chmodSync(folder, 0o750);
  await changed;
  expect(watchers()).toBe(1);
});

// It looks every second while there is no folder.
it("watches a folder again that was removed and is made anew", { timeout: LIMIT_MS }, async () => {
  const folder = join(temporaryFolder(), "folder");
  const write = () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "cache.json"), "{}");
  };
  write();
  const { change, watchers } = countedWatch(join(folder, "cache.json"));
  rmSync(folder, { recursive: true });
  while (watchers() > 0) await change();
  const found = change();
  write();
  await found;
  expect(watchers()).toBe(1);
});

it("watches what a link leads to once, however soon it is set up anew again", async () => {
  const [folder, target] = [temporaryFolder(), join(temporaryFolder(), "cache.json")];
  const { listeners, watchers } = countedWatch(join(folder, "cache.json"), target);
  for (const _ of ["once", "again, before where it leads is known"]) listeners.at(-1)!("rename", basename(folder));
  await new Promise(setImmediate);
  expect(watchers()).toBe(2);
});
