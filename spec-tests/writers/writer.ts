// Commits tokens one by one, and of its own keeps the last few:
//
//   writer.js <cache> <prefix> <count> <news> <pause> [syncing | locking]
//
// Says in the file for news (-: where it prints) what is stored and what is not any more (promised.ts). Between two
// commits it does nothing for up to `pause` milliseconds. The last argument is what it leaves out: to wait for the disk,
// to hold the lock.
import { openSync, writeSync } from "node:fs";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { library } from "../support/library.ts";

const KEPT = 6;

type Tokens = Record<string, unknown>;

const { FilePersistence, TokenCacheStore } = library;
const [cache = "", prefix = "", count = "0", news = "", pauseMs = "0", without] = process.argv.slice(2);
const persistence = await FilePersistence.create(cache, undefined, { sync: without !== "syncing" });
const store = await TokenCacheStore.open(persistence, { lockTimeoutMs: 120_000 });

function token(n: number): unknown {
  return { secret: `secret of ${prefix}-${n}`.repeat(1 + ((n * 7) % 50)), expires_on: "4000000000" };
}

const told = news === "-" ? process.stdout.fd : openSync(news, "w");

function tell(what: string, n: number): void {
  if (n >= 0) writeSync(told, `${prefix} ${what} ${n}\n`);
}

for (let n = 0; n < Number(count); n += 1) {
  const { content } = await store.load();
  const document = content === undefined ? {} : (JSON.parse(new TextDecoder().decode(content)) as Tokens);
  const tokens: Tokens = { ...(document.AccessToken as Tokens), [`${prefix}-${n}`]: token(n) };
  delete tokens[`${prefix}-${n - KEPT}`];
  tell("removes", n - KEPT);
  const changed = JSON.stringify({ ...document, AccessToken: tokens });
  await (without === "locking" ? persistence.save(changed) : store.commit(content, changed));
  tell("committed", n);
  tell("removed", n - KEPT);
  if (pauseMs !== "0") await pause(Math.random() * Number(pauseMs));
}
await store.close();
process.exit(0);
