// Saves, loads and deletes in one kind of persistence, or holds a lease, looks at a cache, or asks for the environment
// or the file system, with whatever this runtime was permitted. Prints what came of it, as JSON.
import process from "node:process";
import { KernelKeyring } from "../../hosts/shared/encryption/keys/kernel-keyring.ts";
import type { PersistenceError } from "../../hosts/shared/errors/persistence-error.ts";
import { host, installHost } from "../../hosts/shared/runtime/host.ts";
import { fileKinds, KEYRING_NAME, nativeKinds } from "../suite/library/persistence-kinds.ts";
import { library } from "../support/library.ts";

export interface FlagsResult {
  readonly loaded?: string | null;
  readonly code?: string;
  readonly message?: string;
}

const [kind = "", location = ""] = process.argv.slice(2);
const kinds = {
  ...fileKinds(library),
  ...nativeKinds(library),
  keychain: { create: (cache: string) => library.KeychainPersistence.create(cache, "msal-extensions-test", cache) },
};
// As if on macOS: what keeps the item here is the Secret Service.
if (kind === "keychain") installHost({ ...host(), runtime: { ...host().runtime, platform: "darwin" } });

function environment(): string | null {
  const { Environment } = library;
  return Environment.isLinuxRootUser() ? Environment.homeEnvVar : Environment.getUserRootDirectory();
}

async function lease(): Promise<string> {
  installHost({ ...host(), runtime: { ...host().runtime, kernelLocks: () => undefined } });
  const lock = new library.CrossPlatformLock(location);
  await lock.lock();
  await lock.unlock();
  return "text";
}

async function look(): Promise<string> {
  const accounts = await (await library.TokenCacheStore.open(location)).accounts();
  return accounts.map(({ username }) => username).join();
}

async function result(): Promise<FlagsResult> {
  try {
    if (kind === "environment") return { loaded: environment() };
    if (kind === "lease") return { loaded: await lease() };
    if (kind === "file system") return { loaded: `${host().runtime.fileSystemType(location)}` };
    if (kind === "look") return { loaded: await look() };
    const persistence = await kinds[kind as keyof typeof kinds].create(location);
    await persistence.save("text");
    const loaded = await persistence.load();
    await persistence.delete();
    if (kind === "kernel keyring") new KernelKeyring(host(), KEYRING_NAME).remove();
    return { loaded };
  } catch (error) {
    const { code, message } = error as PersistenceError;
    return { code, message };
  }
}
console.log(JSON.stringify(await result()));
