import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "vitest";
import { type CacheChange, TokenCacheStore } from "../../hosts/node/index.ts";
import { document } from "../plugin/fixtures.ts";
import { temporaryFolder } from "./fixtures.ts";

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
