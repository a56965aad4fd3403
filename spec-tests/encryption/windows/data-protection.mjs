// Runs in the Windows build of Node.js. Writes what it saw, as JSON, to the file of its first argument: Wine loses what goes to a pipe.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as api from "msal-extensions";

const { DataProtectionScope, encryptPlainFile, FilePersistenceWithDataProtection, TokenCacheStore } = api;
const { CurrentUser } = DataProtectionScope;
const peer = createRequire(import.meta.url)("./node_modules/@azure/msal-node-extensions/bin/x64/dpapi.node");
const file = join(mkdtempSync(join(tmpdir(), "msal-extensions-")), "cache.bin");
const entropy = Buffer.from("entropy");
const seen = {};

const codeOf = (operation) =>
  operation.then(
    (value) => value,
    (error) => error.code,
  );
const load = (given) =>
  FilePersistenceWithDataProtection.create(file, CurrentUser, given).then((other) => codeOf(other.load()));
const document = (user) =>
  JSON.stringify({ Account: { [user]: {} }, IdToken: {}, AccessToken: {}, RefreshToken: {}, AppMetadata: {} });

try {
  const persistence = await FilePersistenceWithDataProtection.create(file, CurrentUser, "entropy");
  seen.lockKind = (await api.hostCapabilities()).lockKind;
  await persistence.save("secret é");
  seen.plainOnDisk = readFileSync(file).includes("secret");
  seen.verified = await persistence.verifyPersistence();
  seen.peerReadsOurs = Buffer.from(peer.unprotectData(readFileSync(file), entropy, CurrentUser)).toString();
  seen.wrongEntropy = await load("other");
  seen.noEntropy = await load(undefined);
  writeFileSync(file, peer.protectData(Buffer.from("of the peer"), entropy, CurrentUser));
  seen.weReadThePeers = await persistence.load();
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
} catch (error) {
  seen.failure = String(error.stack);
}
writeFileSync(process.argv[2], JSON.stringify(seen));
