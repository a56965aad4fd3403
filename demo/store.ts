import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import {
  buildEncryptedPersistence,
  FilePersistence,
  type IPersistence,
  type LoggerOptions,
  PersistenceError,
} from "msal-extensions";

/** How every process of an act keeps the cache. */
export interface StoreOrder {
  readonly cache: string;
  readonly encrypted: boolean;
  /** Where no store of the operating system works: a file with the key that the run supplies. */
  readonly keyFile?: string | undefined;
}

/** What encrypts the cache, and what does not. */
export interface Choice {
  /** The class, by name. */
  readonly store: string;
  readonly description: string;
  /** The stores that were tried and refused, and why. */
  readonly refused: readonly string[];
  readonly order: StoreOrder;
}

const JWE = "a file, a compact JWE (dir, A256GCM),";
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  FilePersistence: "a file in plain text",
  FilePersistenceWithDataProtection: "a file that DPAPI encrypts",
  FilePersistenceWithKey: `${JWE} under a key that this run supplies`,
  KernelKeyringPersistence: `${JWE} its key in the kernel keyring`,
  KeychainPersistence: "an item of the keychain",
  LibSecretPersistence: "an item of the Secret Service",
};
const ITEMS = ["KeychainPersistence", "LibSecretPersistence"];

/** A secret store keeps its items whole; what is in a file can be torn. */
export function isFile(store: string): boolean {
  return !ITEMS.includes(store);
}

/** Which store encrypts here: the operating system's first that works, else a key of the run's own. Never none. */
export async function choose(cache: string): Promise<Choice> {
  const refused: string[] = [];
  const loggerOptions: LoggerOptions = {
    loggerCallback(_level, line) {
      const refusal = /Not used: (.*)/s.exec(line)?.[1];
      if (refusal !== undefined) refused.push(refusal);
    },
  };
  const chosen = async (order: StoreOrder) => {
    const store = nameOf(await openCache(order, loggerOptions));
    return { store, description: DESCRIPTIONS[store] ?? store, refused, order };
  };
  try {
    return await chosen({ cache, encrypted: true });
  } catch (error) {
    if (!(error instanceof PersistenceError && error.code === "persistence_not_verified")) throw error;
    const keyFile = `${cache}.key`; // Beside the cache, which protects nothing: an application has a vault.
    await writeFile(keyFile, randomBytes(32), { mode: 0o600 });
    return chosen({ cache, encrypted: true, keyFile });
  }
}

export function openCache(
  { cache, encrypted, keyFile }: StoreOrder,
  loggerOptions?: LoggerOptions,
): Promise<IPersistence> {
  if (!encrypted) return FilePersistence.create(cache, loggerOptions);
  const key = keyFile === undefined ? undefined : async () => new Uint8Array(await readFile(keyFile));
  return buildEncryptedPersistence(cache, { key, loggerOptions });
}

export function nameOf(persistence: IPersistence): string {
  return persistence.constructor.name;
}

export function plainFile(cache: string): Choice {
  const order = { cache, encrypted: false };
  return { store: FilePersistence.name, description: DESCRIPTIONS.FilePersistence!, refused: [], order };
}
