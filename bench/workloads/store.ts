import {
  close,
  closeSync,
  fsync,
  open,
  openSync,
  readFileSync,
  rename,
  unlinkSync,
  write,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { FilePersistence, TokenCacheStore } from "msal-extensions";
import { coreModule } from "../../hosts/node/wasm-module.ts";
import { CacheMerger } from "../../hosts/shared/core/cache-merger.ts";
import { TOKENS } from "../contenders/orders.ts";
import { accessToken, type CacheDocument, createDocument } from "../documents.ts";
import { column, flushDisk, inTurn, quotient } from "../harness/rounds.ts";
import type { Context, Outcome, Workload } from "../harness/workload.ts";
import { type Spread, timesOf } from "../statistics.ts";

const BARE = "bare write, sync, rename";
const BARE_WITH_FOLDER = "the same, and the folder synced";
const BARE_UNDER_LOCK = "the same, under a lock file";
const BARE_MERGING = "the same, merged with what is read there";
const LEAST = "the least that loses nothing (lock file, read, merge, write, sync, rename, folder)";
/** Until its engine has compiled what runs here. */
const WARM = 1000;
const openFile = promisify(open);
const closeFile = promisify(close);
const syncFile = promisify(fsync);
const renameFile = promisify(rename);
const writeFile = promisify<number, Uint8Array, unknown>(write);

type Write = (content: Uint8Array) => Promise<unknown>;

/** What has to be done at least for a file that is there, whole, after a power cut. */
function bareWrite(path: string, options: { readonly syncsFolder: boolean }): Write {
  return async (content) => {
    const temporary = `${path}.tmp`;
    const fd = await openFile(temporary, "w", 0o600);
    await writeFile(fd, content);
    await syncFile(fd);
    await closeFile(fd);
    await renameFile(temporary, path);
    if (!options.syncsFolder) return;
    const folder = await openFile(dirname(path), "r");
    await syncFile(folder);
    await closeFile(folder);
  };
}

/** A file created exclusively, as the family does at least. Its steps wait for nothing, so they take no threads. */
function underLockFile(path: string, write: Write): Write {
  return async (content) => {
    const fd = openSync(path, "wx", 0o600);
    writeSync(fd, String(process.pid));
    closeSync(fd);
    await write(content);
    unlinkSync(path);
  };
}

/** The least of a store that loses nothing: what others may have written is read and merged. */
function merging(merger: CacheMerger, path: string, first: Uint8Array, write: Write): Write {
  let base = first;
  return async (content) => {
    base = merger.merge(base, content, readFileSync(path)).content;
    await write(base);
  };
}

function storeWrite(store: TokenCacheStore, first: Uint8Array): Write {
  let base = first;
  return async (content) => {
    base = (await store.commit(base, content)).content;
  };
}

async function openStore(cache: string, sync: boolean, first: Uint8Array): Promise<TokenCacheStore> {
  const store = await TokenCacheStore.open(await FilePersistence.create(cache, undefined, { sync }));
  await store.commit(undefined, first);
  return store;
}

/** The documents of successive commits: one token is renewed each time. */
function renewing(document: CacheDocument): () => Uint8Array {
  const encoder = new TextEncoder();
  const tokens = document.AccessToken!;
  const keys = Object.keys(tokens);
  let commits = 0;
  return () => {
    const key = keys[commits++ % keys.length]!;
    tokens[key] = accessToken(String(tokens[key]!.target), 1_700_000_000 + commits);
    return encoder.encode(JSON.stringify(document));
  };
}

type Stores = readonly [synced: TokenCacheStore, notSynced: TokenCacheStore];

async function writersOf(stores: Stores, freshCache: () => string, first: Uint8Array): Promise<Map<string, Write>> {
  const [locked, merged] = [freshCache(), freshCache()];
  const merger = new CacheMerger(await coreModule());
  writeFileSync(merged, first);
  return new Map<string, Write>([
    ["this", storeWrite(stores[0], first)],
    ["this, not synced", storeWrite(stores[1], first)],
    [BARE, bareWrite(freshCache(), { syncsFolder: false })],
    [BARE_WITH_FOLDER, bareWrite(freshCache(), { syncsFolder: true })],
    [BARE_UNDER_LOCK, underLockFile(`${locked}.lockfile`, bareWrite(locked, { syncsFolder: true }))],
    [
      BARE_MERGING,
      underLockFile(`${merged}.lockfile`, merging(merger, merged, first, bareWrite(merged, { syncsFolder: true }))),
    ],
  ]);
}

async function run({ quick, freshCache, progress }: Context): Promise<Outcome> {
  const next = renewing(createDocument(TOKENS + 1));
  const first = next();
  const stores: Stores = [await openStore(freshCache(), true, first), await openStore(freshCache(), false, first)];
  const writers = await writersOf(stores, freshCache, first);
  const [warm, rounds, count] = quick ? [1, 1, 1] : [WARM, 40, 10];
  const commit = (write: Write, howMany: number): Promise<number[]> => {
    const contents = Array.from({ length: howMany }, next);
    return timesOf(howMany, (n) => write(contents[n]!));
  };
  for (const write of writers.values()) await commit(write, warm);
  const spreads = await inTurn(writers, rounds, (write, round) => {
    progress(`round ${round + 1} of ${rounds}`);
    flushDisk();
    return commit(write, count);
  });
  await Promise.all(stores.map((store) => store.close()));
  return outcomeOf(spreads);
}

function outcomeOf(spreads: ReadonlyMap<string, Spread>): Outcome {
  const ours = spreads.get("this");
  return {
    measured: column("one commit, warm", spreads),
    ratios: [
      {
        id: "store",
        what: "the store alone, warm: times as long as a bare write, sync and rename of the same bytes",
        value: quotient(ours, spreads.get(BARE)),
        goal: { atMost: 1.5 },
        least: { what: LEAST, value: quotient(spreads.get(BARE_MERGING), spreads.get(BARE)) },
      },
      {
        id: "store with folder",
        what: "the same, where the bare write syncs the folder too, as we do",
        value: quotient(ours, spreads.get(BARE_WITH_FOLDER)),
        goal: { atMost: 1.5 },
        least: { what: LEAST, value: quotient(spreads.get(BARE_MERGING), spreads.get(BARE_WITH_FOLDER)) },
      },
    ],
  };
}

export const store: Workload = { name: "store", title: `The store alone, one token of ${TOKENS} renewed`, run };
