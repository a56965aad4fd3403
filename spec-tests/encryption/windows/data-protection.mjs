// DPAPI, ours and the peer's. Each function reports what it saw.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as api from "msal-extensions";

const { DataProtectionScope, encryptPlainFile, FilePersistenceWithDataProtection, TokenCacheStore } = api;
const { CurrentUser, LocalMachine } = DataProtectionScope;
const peer = createRequire(import.meta.url)("./node_modules/@azure/msal-node-extensions/bin/x64/dpapi.node");
const entropy = Buffer.from("entropy");

const newFile = () => join(mkdtempSync(join(tmpdir(), "msal-extensions-")), "cache.bin");
const create = (file, given, scope = CurrentUser) => FilePersistenceWithDataProtection.create(file, scope, given);
const codeOf = (operation) =>
  operation.then(
    (value) => value,
    (error) => error.code,
  );
const load = async (...values) => codeOf((await create(...values)).load());
const document = (user) =>
  JSON.stringify({ Account: { [user]: {} }, IdToken: {}, AccessToken: {}, RefreshToken: {}, AppMetadata: {} });

export async function dataProtection() {
  const file = newFile();
  const seen = {};
  const persistence = await create(file, "entropy");
  seen.lockKind = (await api.hostCapabilities()).lockKind;
  await persistence.save("secret é");
  seen.plainOnDisk = readFileSync(file).includes("secret");
  seen.verified = await persistence.verifyPersistence();
  seen.peerReadsOurs = Buffer.from(peer.unprotectData(readFileSync(file), entropy, CurrentUser)).toString();
  seen.wrongEntropy = await load(file, "other");
  seen.noEntropy = await load(file, undefined);
  writeFileSync(file, peer.protectData(Buffer.from("of the peer"), entropy, CurrentUser));
  seen.weReadThePeers = await persistence.load();
  writeFileSync(file, readFileSync(file).subarray(0, -1));
  seen.cutShort = await codeOf(persistence.load());
  writeFileSync(file, "garbage");
  seen.garbage = await codeOf(persistence.load());
  writeFileSync(file, "");
  seen.empty = [await persistence.load(), await codeOf(persistence.loadBuffer())];
  writeFileSync(file, document("old"));
  seen.plain = await codeOf(persistence.load());
  seen.migrated = await encryptPlainFile(file, persistence);
  const stores = await Promise.all([TokenCacheStore.open(persistence), TokenCacheStore.open(persistence)]);
  await Promise.all(stores.map((store, index) => store.commit(undefined, document(`user ${index}`))));
  seen.accounts = (await stores[0].inspect()).entities.Account;
  await Promise.all(stores.map((store) => store.close()));
  const built = await api.buildEncryptedPersistence(file);
  seen.built = [built.constructor.name, built.isEncrypted];
  return seen;
}

/** Who opens a blob of which scope: ours as well as the peer's. */
export async function scopes() {
  const seen = {};
  for (const written of [CurrentUser, LocalMachine]) {
    for (const read of [CurrentUser, LocalMachine]) {
      const file = newFile();
      await (await create(file, "entropy", written)).save("text");
      const ours = await load(file, "entropy", read);
      const theirs = Buffer.from(peer.unprotectData(readFileSync(file), entropy, read)).toString();
      seen[`${written}, opened as ${read}`] = [ours, theirs];
    }
  }
  return seen;
}
