import { readFile } from "node:fs/promises";
import { HOME_TENANT, sha256 } from "../authority/index.ts";

/** The key under which msal-node files the access token of a client that acts for itself. */
export function storedKey(clientId: string, scope: string): string {
  return `-login.windows.net-accesstoken-${clientId}-${HOME_TENANT}-${scope}-`.toLowerCase();
}

/** Access tokens in a cache file: from key to SHA-256 of the secret. Reads it with nothing but `JSON.parse`. */
export async function storedAccessTokens(cache: string): Promise<Map<string, string>> {
  const document = JSON.parse(await readFile(cache, "utf8")) as { AccessToken?: Record<string, { secret: string }> };
  return new Map(Object.entries(document.AccessToken ?? {}).map(([key, { secret }]) => [key, sha256(secret)]));
}
