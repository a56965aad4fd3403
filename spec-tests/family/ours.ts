// One of our hosts, Node, Deno or Bun, with the orders and the news of the peers: see orders.ts.
import { createHash } from "node:crypto";
import process from "node:process";
import { Logger } from "@azure/msal-node";
import { host, installHost } from "../../hosts/shared/runtime/host.ts";
import { confidentialApp, publicApp } from "../authority/index.ts";
import { parent } from "../processes/parent.ts";
import { library } from "../support/library.ts";
import { GRAPH, type Order, type OurAssignment, type OurNews } from "./orders.ts";

const { CrossPlatformLock, FilePersistence, PersistenceCachePlugin, PersistenceError, TokenCacheStore } = library;
const { assignment, ordered, tell } = parent<OurNews, Order>();
const given = assignment<OurAssignment>();
const digest = (secret: string) => createHash("sha256").update(secret).digest("hex");
if (given.kind === "P") installHost({ ...host(), runtime: { ...host().runtime, kernelLocks: () => undefined } });

const lockOn = (path: string, timeoutMs: number) =>
  new CrossPlatformLock(path, new Logger({ loggerCallback: () => {} }), { retryNumber: 1, retryDelay: timeoutMs });

/** Looks once. A peer that lets go of its lock at once is not what this is for: it must be busy. */
async function look(take: () => Promise<unknown>): Promise<void> {
  try {
    await take();
    await tell({ type: "free" });
  } catch (error) {
    if (!(error instanceof PersistenceError && error.code === "lock_timeout")) throw error;
    await tell({ type: "busy", what: error.message });
  }
}

async function takeOnce(path: string): Promise<void> {
  const lock = lockOn(path, 0);
  await lock.lock();
  await lock.unlock();
}

/** Takes all the locks, keeps them until told, and says which of them it did not have to itself. */
async function hold(paths: readonly string[]): Promise<void> {
  const locks = paths.map((path) => lockOn(path, 40_000));
  const started = performance.now();
  await Promise.all(locks.map((lock) => lock.lock()));
  await tell({ type: "holding", afterMs: Math.round(performance.now() - started) });
  await ordered("release");
  const intruded: string[] = [];
  for (const [n, lock] of locks.entries()) {
    await lock.unlock().catch((error: unknown) => {
      if (!(error instanceof PersistenceError && error.code.startsWith("lock_"))) throw error;
      intruded.push(paths[n]!);
    });
  }
  await tell({ type: "released", intruded });
}

async function app() {
  const { cache, authorityUrl, clientId, alsoLock } = given;
  const cachePlugin = new PersistenceCachePlugin(await FilePersistence.create(cache), { alsoLock });
  return { authorityUrl, clientId, cachePlugin };
}

async function write(): Promise<void> {
  const client = confidentialApp(await app());
  for (let n = 0; n < given.tokens; n++) {
    const scope = `https://resource-${n}.example.com/.default`;
    const result = await client.acquireTokenByClientCredential({ scopes: [scope] });
    await tell({ type: "wrote", scope, sha256: digest(result?.accessToken ?? "") });
  }
  await tell({ type: "done" });
}

async function signIn(): Promise<void> {
  const result = await publicApp(await app()).acquireTokenByDeviceCode({ scopes: GRAPH, deviceCodeCallback: () => {} });
  const { account, accessToken } = result!;
  await tell({ type: "signed-in", homeAccountId: account!.homeAccountId, sha256: digest(accessToken) });
}

async function read(): Promise<void> {
  const client = publicApp(await app());
  const accounts: { homeAccountId: string; sha256: string }[] = [];
  for (const account of await client.getAllAccounts()) {
    const { accessToken } = await client.acquireTokenSilent({ scopes: GRAPH, account });
    accounts.push({ homeAccountId: account.homeAccountId, sha256: digest(accessToken) });
  }
  await tell({ type: "found", accounts });
}

async function lookAndHold(): Promise<void> {
  for (const path of given.lockFiles) await look(() => takeOnce(path));
  await hold(given.lockFiles);
}

const openStore = (lockTimeoutMs: number) =>
  TokenCacheStore.open(given.cache, { alsoLock: given.alsoLock, lockTimeoutMs });

/** Holds what an update of the cache holds. */
async function update(): Promise<void> {
  const store = await openStore(40_000);
  const started = performance.now();
  const { restarts } = await store.update(async (content) => {
    await tell({ type: "holding", afterMs: Math.round(performance.now() - started) });
    await ordered("release");
    return content ?? "{}";
  });
  await tell({ type: "released", intruded: restarts > 0 ? [given.cache] : [] });
}

async function lookAndUpdate(): Promise<void> {
  const store = await openStore(0);
  await look(() => store.update((content) => content ?? "{}"));
  await update();
}

await tell({ type: "ready" });
await ordered("go");
const tasks = {
  hold: () => hold(given.lockFiles),
  "look-and-hold": lookAndHold,
  update,
  "look-and-update": lookAndUpdate,
  write,
  "sign-in": signIn,
  read,
};
await tasks[given.task]();
process.exit(0);
