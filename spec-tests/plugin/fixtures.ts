import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PublicClientApplication, type TokenCache } from "@azure/msal-node";
import { afterEach, beforeEach } from "vitest";
import { FilePersistence } from "../../hosts/node/index.ts";
import type { Capabilities } from "../../hosts/shared/core/capabilities.ts";
import type { IPersistence } from "../../hosts/shared/index.ts";
import { CORE_LINK, coreLinkOf, type LinkedPersistence } from "../../hosts/shared/persistence/persistence.ts";
import type { PersistenceCachePlugin } from "../../hosts/shared/plugin/persistence-cache-plugin.ts";

const ENVIRONMENT = "login.microsoftonline.com";
export const CLIENT = "11111111-2222-4333-8444-555555555555";

export type Section = "Account" | "IdToken" | "AccessToken" | "RefreshToken" | "AppMetadata";
export type CacheJson = Partial<Record<Section, Record<string, Record<string, unknown>>>> & Record<string, unknown>;

/** A folder for each test of the file, removed afterwards. */
export function temporaryFolder(): { readonly path: string; file(name: string): string } {
  let path = "";
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "msal-extensions-"));
  });
  afterEach(() => rm(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
    file: (name) => join(path, name),
  };
}

export const accountKey = (user: string) => `${user}.tenant-${ENVIRONMENT}-tenant`;
export const refreshKey = (user: string) => `${user}.tenant-${ENVIRONMENT}-refreshtoken-${CLIENT}--`;

/** A stored document with an account and a refresh token for each user. */
export function document(...users: string[]): CacheJson {
  const Account: Record<string, Record<string, unknown>> = {};
  const RefreshToken: Record<string, Record<string, unknown>> = {};
  for (const user of users) {
    const owner = { home_account_id: `${user}.tenant`, environment: ENVIRONMENT };
    Account[accountKey(user)] = {
      ...owner,
      realm: "tenant",
      local_account_id: user,
      username: `${user}@example.org`,
      authority_type: "MSSTS",
    };
    RefreshToken[refreshKey(user)] = {
      ...owner,
      credential_type: "RefreshToken",
      client_id: CLIENT,
      secret: `secret of ${user}`,
    };
  }
  return { Account, IdToken: {}, AccessToken: {}, RefreshToken, AppMetadata: {} };
}

/** A refresh token as MSAL holds it in memory. */
export function refreshToken(user: string, secret = `secret of ${user}`): Record<string, unknown> {
  const owner = { homeAccountId: `${user}.tenant`, environment: ENVIRONMENT };
  return { ...owner, credentialType: "RefreshToken", clientId: CLIENT, secret };
}

export const store = (path: string, content: unknown) =>
  writeFile(path, typeof content === "string" ? content : JSON.stringify(content));

export const stored = async (path: string): Promise<CacheJson> => JSON.parse(await readFile(path, "utf8"));

export const usersOf = (cache: CacheJson) =>
  Object.values(cache.Account ?? {})
    .map((account) => account.local_account_id)
    .sort();

/** msal-node's own token cache, of an application that uses `plugin`. */
export function tokenCacheOf(plugin: PersistenceCachePlugin): TokenCache {
  return new PublicClientApplication({
    auth: { clientId: CLIENT },
    cache: { cachePlugin: plugin },
  }).getTokenCache();
}

export const memoryOf = (tokenCache: TokenCache) => tokenCache.getKVStore() as Record<string, unknown>;

export const context = (tokenCache: { serialize(): string; deserialize(cache: string): void }, changes: boolean) => ({
  tokenCache,
  cacheHasChanged: changes,
});

/** Changes memory as MSAL does: between `beforeCacheAccess` and `afterCacheAccess`. */
export async function change(
  plugin: PersistenceCachePlugin,
  tokenCache: TokenCache,
  edit: (memory: Record<string, unknown>) => void,
): Promise<void> {
  const access = context(tokenCache, true);
  await plugin.beforeCacheAccess(access);
  try {
    edit(memoryOf(tokenCache));
  } finally {
    await plugin.afterCacheAccess(access);
  }
}

export async function signOut(tokenCache: TokenCache, user: string): Promise<void> {
  const account = await tokenCache.getAccountByLocalId(user);
  if (account === null) throw new Error(`${user} is not signed in`);
  await tokenCache.removeAccount(account);
}

/** A plain file whose capabilities a test has its hands on. */
export async function tampered(
  path: string,
  tamper: (capabilities: Capabilities) => Capabilities,
): Promise<IPersistence> {
  const persistence = await FilePersistence.create(path);
  const { module, capabilities } = coreLinkOf(persistence);
  const linked: LinkedPersistence = {
    isEncrypted: persistence.isEncrypted,
    save: (contents) => persistence.save(contents),
    load: () => persistence.load(),
    delete: () => persistence.delete(),
    reloadNecessary: (lastSync) => persistence.reloadNecessary(lastSync),
    getFilePath: () => persistence.getFilePath(),
    getLogger: () => persistence.getLogger(),
    verifyPersistence: () => persistence.verifyPersistence(),
    createForPersistenceValidation: () => persistence.createForPersistenceValidation(),
    [CORE_LINK]: () => ({ module, capabilities: tamper(capabilities) }),
  };
  return linked;
}

export const macrotask = () => new Promise<void>((resolve) => setImmediate(resolve));
