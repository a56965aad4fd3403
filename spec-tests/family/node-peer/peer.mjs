// The Node member of the family, told what it is on its command line: see ../orders.ts for the orders and the news.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { ConfidentialClientApplication, PublicClientApplication } from "@azure/msal-node";
import { FilePersistence, PersistenceCachePlugin } from "@azure/msal-node-extensions";

const AUTHORITY = "https://login.microsoftonline.com/";
const GRAPH = ["https://graph.microsoft.com/user.read"];
const given = JSON.parse(process.argv[2]);
const arrived = new Set();
const awaited = new Map();
createInterface({ input: process.stdin })
  .on("line", (line) => {
    const order = JSON.parse(line);
    arrived.add(order);
    awaited.get(order)?.();
  })
  .on("close", () => process.exit(1)); // Nobody is left to report to.

const ordered = (order) => arrived.has(order) || new Promise((resolve) => awaited.set(order, resolve));
const tell = (news) => new Promise((resolve) => process.stdout.write(`${JSON.stringify(news)}\n`, resolve));
const digest = (secret) => createHash("sha256").update(secret).digest("hex");

/** What MSAL addresses to the public cloud goes to the authority of the tests. */
const networkClient = {
  sendGetRequestAsync: (url, options) => send("GET", url, options),
  sendPostRequestAsync: (url, options) => send("POST", url, options),
};

async function send(method, url, options) {
  const { pathname, search } = new URL(url);
  const target = new URL(pathname + search, given.authorityUrl);
  const response = await fetch(target, { method, headers: options?.headers, body: options?.body });
  return { headers: Object.fromEntries(response.headers), body: await response.json(), status: response.status };
}

const cachePlugin = async () => new PersistenceCachePlugin(await FilePersistence.create(given.cache));

const configuration = async (auth) => ({
  auth: { clientId: given.clientId, authority: AUTHORITY + given.tenant, ...auth },
  cache: { cachePlugin: await cachePlugin() },
  system: { networkClient },
});

/** Between these two calls of its public API the plugin holds the lock. */
async function hold() {
  const plugin = await cachePlugin();
  const context = { cacheHasChanged: true, tokenCache: { deserialize() {}, serialize: () => "{}" } };
  const started = performance.now();
  const afterMs = () => Math.round(performance.now() - started);
  try {
    await plugin.beforeCacheAccess(context);
  } catch (error) {
    return tell({ type: "refused", afterMs: afterMs(), what: String(error) });
  }
  await tell({ type: "holding", afterMs: afterMs() });
  await ordered("release");
  await plugin.afterCacheAccess(context);
  await tell({ type: "released" });
}

async function write() {
  const app = new ConfidentialClientApplication(await configuration({ clientSecret: "no secret" }));
  for (let n = 0; n < given.tokens; n++) {
    const scope = `https://resource-${n}.example.com/.default`;
    try {
      const { accessToken } = await app.acquireTokenByClientCredential({ scopes: [scope] });
      await tell({ type: "wrote", scope, sha256: digest(accessToken) });
    } catch (error) {
      await tell({ type: "missed", scope, what: String(error) });
    }
  }
  await tell({ type: "done" });
}

async function signIn() {
  const app = new PublicClientApplication(await configuration());
  const result = await app.acquireTokenByDeviceCode({ scopes: GRAPH, deviceCodeCallback() {} });
  await tell({ type: "signed-in", homeAccountId: result.account.homeAccountId, sha256: digest(result.accessToken) });
}

async function read() {
  const app = new PublicClientApplication(await configuration());
  const accounts = [];
  for (const account of await app.getAllAccounts()) {
    const { accessToken } = await app.acquireTokenSilent({ scopes: GRAPH, account });
    accounts.push({ homeAccountId: account.homeAccountId, sha256: digest(accessToken) });
  }
  await tell({ type: "found", accounts });
}

await tell({ type: "ready" });
await ordered("go");
await { hold, write, "sign-in": signIn, read }[given.task]();
process.exit(0);
