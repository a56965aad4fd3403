// One process of the demo. main.ts starts it, with its assignment on the command line and its orders over IPC.
import { type AuthenticationResult, Logger } from "@azure/msal-node";
import { CrossPlatformLock, PersistenceCachePlugin } from "msal-extensions";
import { confidentialApp, publicApp, sha256, signIn } from "../spec-tests/authority/index.ts";
import { parent } from "../spec-tests/processes/parent.ts";
import { PAUSES, SERVICE_BATCH, SERVICE_ROUNDS, SERVICE_SCOPES, USER_REFRESHES, USER_SCOPES } from "./crew.ts";
import type { Assignment, News, Order } from "./messages.ts";
import { nameOf, openCache } from "./store.ts";
import { cutShort, leaveTail } from "./torn.ts";

const { assignment: read, ordered, tell } = parent<News, Order>();
const assignment = read<Assignment>();
/** What has MSAL look at the cache. */
type Look = () => Promise<unknown>;

const silent = new Logger({ loggerCallback: () => {} });

/** Makes one acquire call and reports what came of it. */
async function acquire(
  what: string,
  call: () => Promise<AuthenticationResult | null>,
): Promise<AuthenticationResult | undefined> {
  try {
    const result = await call();
    if (result === null) throw new Error("no result");
    await tell({ type: "acquired", sha256: sha256(result.accessToken) });
    return result;
  } catch (error) {
    await tell({ type: "failed", what: `${what}: ${String(error)}` });
    return undefined;
  }
}

/** A minute: whoever has it waits for the network and for everybody who stores. */
const PATIENT = { retryNumber: 600, retryDelay: 100 };

async function user(plugin: PersistenceCachePlugin): Promise<void> {
  const app = publicApp({ ...assignment, cachePlugin: plugin });
  // A refresh reads a refresh token, redeems it and stores its successor. The cache's own lock covers the storing alone
  // (held across the network it would stop everybody else). Where refresh tokens can be used once, two processes with
  // one account therefore need a lock around the whole: else both read the same token, and the second one is refused.
  const lock = new CrossPlatformLock(`${assignment.cache}.${assignment.user}.refresh.lockfile`, silent, PATIENT);
  const exclusively = async <T>(action: () => Promise<T>): Promise<T> => {
    if (!assignment.sharesAccount) return action();
    await lock.lock();
    try {
      return await action();
    } finally {
      await lock.unlock();
    }
  };

  const signedIn = await acquire("sign-in", () => exclusively(() => signIn(app, assignment.user, [USER_SCOPES[0]!])));
  const account = signedIn?.account;
  if (!account) return;
  for (let i = 0; i < USER_REFRESHES; i++) {
    await pauseAt(i, USER_REFRESHES, () => app.getTokenCache().getAllAccounts());
    const scope = USER_SCOPES[i % USER_SCOPES.length]!;
    await acquire(scope, () =>
      exclusively(() => app.acquireTokenSilent({ scopes: [scope], forceRefresh: true, account })),
    );
  }
}

async function service(plugin: PersistenceCachePlugin): Promise<void> {
  const app = confidentialApp({ ...assignment, cachePlugin: plugin });
  const fetch = (scope: string, skipCache: boolean) =>
    acquire(scope, () => app.acquireTokenByClientCredential({ scopes: [scope], skipCache }));
  const look = () => app.getTokenCache().getAllAccounts();
  const batches = Array.from({ length: SERVICE_SCOPES.length / SERVICE_BATCH }, (_, i) =>
    SERVICE_SCOPES.slice(i * SERVICE_BATCH, (i + 1) * SERVICE_BATCH),
  );
  const rounds = Array.from({ length: SERVICE_ROUNDS }, (_, round) =>
    batches.map((batch) => ({ round, batch })),
  ).flat();
  for (const [i, { round, batch }] of rounds.entries()) {
    await pauseAt(i, rounds.length, look);
    // Every other batch at once, the rest one by one.
    if (i % 2 === 0) await Promise.all(batch.map((scope) => fetch(scope, round > 0)));
    else for (const scope of batch) await fetch(scope, round > 0);
  }
}

/**
 * What was in nobody's memory but that of a process long gone cannot be put back into a torn file, and refresh tokens
 * carry no time stamp: a process that remembers an older one than the file held cannot know that it is older. So
 * everybody rests, and has looked at the cache, when it is torn; then all of them meet the damage at once.
 */
async function pauseAt(done: number, all: number, look: Look): Promise<void> {
  const pause = PAUSES.findIndex((part) => Math.floor(part * all) === done);
  if (pause === -1) return;
  await tell({ type: "waiting" });
  await ordered(pause === 0 ? "look" : "look again");
  await look().catch((error: unknown) => tell({ type: "failed", what: `look: ${String(error)}` }));
  await tell({ type: "looked" });
  await ordered(pause === 0 ? "go on" : "finish");
}

async function victim(): Promise<void> {
  await ordered("hold");
  await new CrossPlatformLock(`${assignment.cache}.lockfile`, silent).lock();
  await tell({ type: "holding" });
  await ordered("finish"); // It never comes.
}

async function vandal(): Promise<void> {
  const lock = new CrossPlatformLock(`${assignment.cache}.lockfile`, silent);
  for (const [order, damage] of [["tail", leaveTail] as const, ["cut", cutShort] as const]) {
    await ordered(order);
    await lock.lock();
    const sizes = await damage(assignment.cache);
    await lock.unlock();
    await tell({ type: "torn", ...sizes });
  }
}

async function work(): Promise<void> {
  switch (assignment.role) {
    case "victim":
    case "vandal": {
      await tell({ type: "ready", store: "" });
      await ordered("go");
      await (assignment.role === "victim" ? victim() : vandal());
      return tell({ type: "done", statistics: undefined });
    }
    default: {
      const persistence = await openCache(assignment);
      const plugin = new PersistenceCachePlugin(persistence);
      await tell({ type: "ready", store: nameOf(persistence) });
      await ordered("go");
      await (assignment.role === "user" ? user(plugin) : service(plugin));
      return tell({ type: "done", statistics: { ...plugin.statistics } });
    }
  }
}

await work().catch((error: unknown) => tell({ type: "failed", what: String(error) }));
process.exit(0);
