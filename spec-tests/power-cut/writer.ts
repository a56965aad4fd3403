// Commits tokens one by one, and of its own keeps the last few:
//
//   writer.js <cache> <prefix> <count> <news> [unsynced]
//
// Says in the file for news what is stored and what is not any more (promised.ts). With `unsynced` it does not wait for
// the disk.
import { openSync, writeSync } from "node:fs";
import process from "node:process";
import { library } from "../support/library.ts";

const KEPT = 6;

type Tokens = Record<string, unknown>;

const { FilePersistence, TokenCacheStore } = library;
const [cache = "", prefix = "", count = "0", news = "", unsynced] = process.argv.slice(2);
const persistence = await FilePersistence.create(cache, undefined, { sync: unsynced === undefined });
const store = await TokenCacheStore.open(persistence, { lockTimeoutMs: 120_000 });

function token(n: number): unknown {
  return { secret: `secret of ${prefix}-${n}`.repeat(1 + ((n * 7) % 50)), expires_on: "4000000000" };
}

const told = openSync(news, "w");

function tell(what: string, n: number): void {
  if (n >= 0) writeSync(told, `${prefix} ${what} ${n}\n`, 0);
}

for (let n = 0; n < Number(count); n += 1) {
  const { content } = await store.load();
  const document = content === undefined ? {} : (JSON.parse(new TextDecoder().decode(content)) as Tokens);
  const tokens: Tokens = { ...(document.AccessToken as Tokens), [`${prefix}-${n}`]: token(n) };
  delete tokens[`${prefix}-${n - KEPT}`];
  tell("removes", n - KEPT);
  await store.commit(content, JSON.stringify({ ...document, AccessToken: tokens }));
  tell("committed", n);
  tell("removed", n - KEPT);
}
await store.close();
process.exit(0);
