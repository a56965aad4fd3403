// An application on msal-node with this package, or with its Node peer: see orders.ts. msal-node is the peer's for
// both, so that they differ in the extension alone. Runs on Deno and Bun too.
import { createHash, randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type * as Msal from "@azure/msal-node";
import { host, installHost } from "../../hosts/shared/runtime/host.ts";
import { networkClient } from "../../spec-tests/authority/network-client.ts";
import { library as modules } from "../../spec-tests/support/library.ts";
import { timesOf } from "../statistics.ts";
import { bareLibrary, bareLibraryInTurn } from "./bare-library.ts";
import { type Answer, type Assignment, clientIdOf, type Order, TOKENS } from "./orders.ts";

const given = JSON.parse(process.argv[2] ?? "") as Assignment;
const require = createRequire(fileURLToPath(new URL("../../../.family/node-peer/package.json", import.meta.url)));
const msal = require("@azure/msal-node") as typeof Msal;
const library = await libraryOf(given);

const AUTHORITY = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad";
/** As base64url about 1500 characters, as access tokens have. */
const TOKEN_BYTES = 1100;

/** What is published, but for kind P, which takes away what its host has. */
async function libraryOf({ library, kind }: Assignment): Promise<typeof modules> {
  if (library === "peer") return require("@azure/msal-node-extensions");
  if (library === "bare") return bareLibrary as unknown as typeof modules;
  if (library === "bare, in turn") return bareLibraryInTurn as unknown as typeof modules;
  return kind === "P" ? modules : await import("msal-extensions");
}

function persistence() {
  const { cache, store, sync } = given;
  if (store === "secret service") return library.LibSecretPersistence.create(cache, "msal-extensions-bench", cache);
  if (store === "kernel keyring") return library.KernelKeyringPersistence.create(cache, "msal-extensions-bench");
  return sync
    ? library.FilePersistence.create(cache)
    : library.FilePersistence.create(cache, undefined, { sync: false });
}

if (given.kind === "P") installHost({ ...host(), runtime: { ...host().runtime, kernelLocks: () => undefined } });
const cachePlugin = new library.PersistenceCachePlugin(await persistence());
const clientId = clientIdOf(given.client);
const app = new msal.ConfidentialClientApplication({
  auth: { clientId, authority: AUTHORITY, clientSecret: "no secret" },
  cache: { cachePlugin },
});
app.SetAppTokenProvider(async () => ({
  accessToken: randomBytes(TOKEN_BYTES).toString("base64url"),
  expiresInSeconds: 4000,
  refreshInSeconds: 2000,
}));

const now = () => performance.now();
/** The time of day, for what is compared with another process's. */
const timeOfDay = () => performance.timeOrigin + performance.now();

async function commit(from: number, count: number): Promise<Partial<Answer>> {
  const tokens: string[] = [];
  const before = process.cpuUsage();
  const times = await timesOf(count, async (n) => {
    const scopes = [`https://resource-${(from + n) % TOKENS}.example.com/.default`];
    const result = await app.acquireTokenByClientCredential({ scopes, skipCache: true });
    tokens.push(createHash("sha256").update(result!.accessToken).digest("hex"));
  });
  const { user, system } = process.cpuUsage(before);
  return { times, tokens, processor: (user + system) / 1e3 };
}

async function look(): Promise<void> {
  const access = { cacheHasChanged: false, tokenCache: app.getTokenCache() };
  await cachePlugin.beforeCacheAccess(access);
  await cachePlugin.afterCacheAccess(access);
}

async function load(count: number, callers: number): Promise<Partial<Answer>> {
  return { times: await timesOf(count, () => Promise.all(Array.from({ length: callers }, look))) };
}

/** Between these two the peer's plugin holds its lock. Ours does not: there the lock is a class of its own. */
const holding = { cacheHasChanged: true, tokenCache: { deserialize() {}, serialize: () => "{}" } };
const lock = given.library === "ours" ? new library.CrossPlatformLock(`${given.cache}.lockfile`) : undefined;

async function take(): Promise<Partial<Answer>> {
  await (lock ? lock.lock() : cachePlugin.beforeCacheAccess(holding));
  return { at: timeOfDay() };
}

async function letGo(): Promise<Partial<Answer>> {
  const at = timeOfDay();
  await (lock ? lock.unlock() : cachePlugin.afterCacheAccess(holding));
  return { at };
}

async function silent(count: number, authorityUrl: string): Promise<Partial<Answer>> {
  const client = new msal.PublicClientApplication({
    auth: { clientId, authority: AUTHORITY },
    cache: { cachePlugin },
    system: { networkClient: networkClient(authorityUrl) },
  });
  const signedIn = await client.acquireTokenByDeviceCode({ scopes: ["User.Read"], deviceCodeCallback() {} });
  const account = signedIn!.account!;
  const writesBefore = cachePlugin.statistics?.writes ?? 0;
  const acquire = (_: unknown, n: number) =>
    client.acquireTokenSilent({ account, scopes: [`Scope.${n}`], forceRefresh: true });
  const started = now();
  const outcomes = await Promise.allSettled(Array.from({ length: count }, acquire));
  const times = [now() - started];
  const succeeded = outcomes.filter(({ status }) => status === "fulfilled").length;
  return { times, succeeded, writes: (cachePlugin.statistics?.writes ?? 0) - writesBefore };
}

function obey(order: Order): Promise<Partial<Answer>> {
  switch (order.do) {
    case "commit":
      return commit(order.from, order.count);
    case "load":
      return load(order.count, order.callers);
    case "lock":
      return take();
    case "unlock":
      return letGo();
    case "silent":
      return silent(order.count, order.authorityUrl);
  }
}

const tell = (answer: Partial<Answer>) => process.stdout.write(`${JSON.stringify({ type: "answer", ...answer })}\n`);

tell({}); // ready
for await (const line of createInterface({ input: process.stdin })) {
  tell(await obey(JSON.parse(line) as Order).catch((error: unknown) => ({ failure: String(error) })));
}
process.exit(0);
