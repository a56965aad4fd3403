// One process of the demo. main.ts starts it, with its assignment on the command line and its orders over IPC.
import { type AuthenticationResult, Logger } from "@azure/msal-node";
import { CrossPlatformLock, FilePersistence, PersistenceCachePlugin } from "msal-extensions";
import { confidentialApp, publicApp, sha256, signIn } from "../spec-tests/authority/index.ts";
import { parent } from "../spec-tests/processes/parent.ts";
import { HELD_BACK, SERVICE_BATCH, SERVICE_ROUNDS, SERVICE_SCOPES, USER_REFRESHES, USER_SCOPES } from "./crew.ts";
import type { Assignment, News, Order } from "./messages.ts";
import { cutShort, leaveTail } from "./torn.ts";

const { assignment: read, ordered, tell } = parent<News, Order>();
const assignment = read<Assignment>();
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

async function user(plugin: PersistenceCachePlugin): Promise<void> {
  const app = publicApp({ ...assignment, cachePlugin: plugin });
  lookWhenOrdered(app);
  // A refresh reads a refresh token, redeems it and stores its successor. The cache's own lock covers the storing alone
  // (held across the network it would stop everybody else). Where refresh tokens can be used once, two processes with one
  // account therefore need a lock around the whole: else both read the same token, and the second one is refused.
  const lock = new CrossPlatformLock(`${assignment.cache}.${assignment.user}.refresh.lockfile`, silent);
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
    if (i === USER_REFRESHES - HELD_BACK) await holdBack();
    const scope = USER_SCOPES[i % USER_SCOPES.length]!;
    await acquire(scope, () =>
      exclusively(() => app.acquireTokenSilent({ scopes: [scope], forceRefresh: true, account })),
    );
  }
}

async function service(plugin: PersistenceCachePlugin): Promise<void> {
  const app = confidentialApp({ ...assignment, cachePlugin: plugin });
  lookWhenOrdered(app);
  const fetch = (scope: string, skipCache: boolean) =>
    acquire(scope, () => app.acquireTokenByClientCredential({ scopes: [scope], skipCache }));
  for (let round = 0; round < SERVICE_ROUNDS; round++) {
    const last = round === SERVICE_ROUNDS - 1;
    const regular = last ? SERVICE_SCOPES.slice(0, -HELD_BACK) : SERVICE_SCOPES;
    for (let i = 0; i < regular.length; i += SERVICE_BATCH * 2) {
      // Half of them at once, half of them one by one.
      await Promise.all(regular.slice(i, i + SERVICE_BATCH).map((scope) => fetch(scope, round > 0)));
      for (const scope of regular.slice(i + SERVICE_BATCH, i + SERVICE_BATCH * 2)) await fetch(scope, round > 0);
    }
  }
  await holdBack();
  await Promise.all(SERVICE_SCOPES.slice(-HELD_BACK).map((scope) => fetch(scope, true)));
}

/**
 * What was in nobody's memory but that of a process long gone cannot be put back into a file cut short. So everybody stays
 * until the disturbances are over.
 */
async function holdBack(): Promise<void> {
  await tell({ type: "waiting" });
  await ordered("finish");
}

function lookWhenOrdered(app: { getTokenCache(): { getAllAccounts(): Promise<unknown> } }): void {
  void ordered("look")
    .then(() => app.getTokenCache().getAllAccounts())
    .catch((error: unknown) => tell({ type: "failed", what: `look: ${String(error)}` }))
    .then(() => tell({ type: "looked" }));
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
      await tell({ type: "ready" });
      await ordered("go");
      await (assignment.role === "victim" ? victim() : vandal());
      return tell({ type: "done", statistics: undefined });
    }
    default: {
      const plugin = new PersistenceCachePlugin(await FilePersistence.create(assignment.cache));
      await tell({ type: "ready" });
      await ordered("go");
      await (assignment.role === "user" ? user(plugin) : service(plugin));
      return tell({ type: "done", statistics: { ...plugin.statistics } });
    }
  }
}

await work().catch((error: unknown) => tell({ type: "failed", what: String(error) }));
process.exit(0);
