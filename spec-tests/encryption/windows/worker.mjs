// Runs in the Windows build of Node.js, and does what it is told over the socket whose port is its argument: a line of
// JSON for each call, its name and its values, and a line for each answer. Of the library it has the modules, to give
// it another clock (`controlSleep`); the contract and DPAPI's own tests have the one file that is published.
import { connect } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { contract } from "./contract.mjs";
import { dataProtection, scopes } from "./data-protection.mjs";
import * as api from "./node_modules/msal-extensions/dist/hosts/node/index.js";
import { host, installHost } from "./node_modules/msal-extensions/dist/hosts/shared/runtime/host.js";
import { closeFile, openFile } from "./open-file.mjs";

const { CrossPlatformLock, DataProtectionScope, FilePersistence, FilePersistenceWithDataProtection, TokenCacheStore } =
  api;
const encrypted = (cache) =>
  FilePersistenceWithDataProtection.create(cache, DataProtectionScope.CurrentUser, "entropy");
const silent = { info() {}, warning() {}, error() {}, verbose() {} };
const document = (user) =>
  JSON.stringify({
    Account: { [user]: { username: user } },
    IdToken: {},
    AccessToken: {},
    RefreshToken: {},
    AppMetadata: {},
  });

const actions = {
  contract,
  dataProtection,
  scopes,
  openFile,
  closeFile,
  save: async (cache, text) => (await FilePersistence.create(cache)).save(text),
  load: async (cache) => (await FilePersistence.create(cache)).load(),
  remove: async (cache) => (await FilePersistence.create(cache)).delete(),
  accounts: async (cache) => withStore(cache, async (store) => (await store.inspect()).entities.Account),
  commit: (cache, users) =>
    withStore(cache, async (store) => {
      for (const user of users) await store.commit(undefined, document(user));
    }),
  lock: (path, timeoutMs) => new CrossPlatformLock(path, silent, { retryNumber: timeoutMs, retryDelay: 1 }).lock(),
  die: () => process.kill(process.pid, "SIGKILL"),
  controlSleep,
};

async function withStore(cache, use) {
  const store = await TokenCacheStore.open(await encrypted(cache));
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

let woken = () => {};

/** From here on the clock does not wait: it asks the test, which answers when it has done something meanwhile. */
function controlSleep() {
  const sleep = (ms) => {
    const waking = new Promise((resolve) => {
      woken = resolve;
    });
    tell({ sleeps: ms });
    return waking;
  };
  const { runtime } = host();
  installHost({ ...host(), runtime: { ...runtime, clock: { ...runtime.clock, sleep } } });
}

const socket = connect(Number(process.argv[2]), "127.0.0.1");
socket.on("close", () => process.exit(0));
const tell = (news) => socket.write(`${JSON.stringify(news)}\n`);

async function answer(name, values) {
  try {
    return { value: (await actions[name](...values)) ?? null };
  } catch (error) {
    return { error: { code: error.code ?? "none", message: String(error.stack), cause: error.cause?.code } };
  }
}

let previous = Promise.resolve();
createInterface({ input: socket }).on("line", (line) => {
  const [name, ...values] = JSON.parse(line);
  if (name === "wake") woken();
  else previous = previous.then(async () => tell(await answer(name, values)));
});
