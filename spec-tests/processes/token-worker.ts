// A process that fetches tokens for itself into a shared cache: 50 scopes, five at a time.
import { FilePersistence, PersistenceCachePlugin } from "msal-extensions";
import { confidentialApp, sha256 } from "../authority/index.ts";
import { parent } from "./parent.ts";
import { storedKey } from "./stored.ts";

export interface TokenAssignment {
  readonly cache: string;
  readonly authorityUrl: string;
  readonly clientId: string;
  readonly tokens: number;
}

export type TokenNews =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly what: string }
  | {
      readonly type: "done";
      /** Cache key and SHA-256 of the token. */
      readonly acquired: readonly (readonly [string, string])[];
      readonly longestWaitMs: number;
    };

const { assignment, ordered, tell } = parent<TokenNews, "go">();
const { cache, authorityUrl, clientId, tokens } = assignment<TokenAssignment>();
try {
  const plugin = new PersistenceCachePlugin(await FilePersistence.create(cache));
  const app = confidentialApp({ authorityUrl, clientId, cachePlugin: plugin });
  const acquired: (readonly [string, string])[] = [];
  const fetch = async (n: number) => {
    const scope = `https://resource-${n}.example.com/.default`;
    const result = await app.acquireTokenByClientCredential({ scopes: [scope] });
    acquired.push([storedKey(clientId, scope), sha256(result?.accessToken ?? "")]);
  };
  await tell({ type: "ready" });
  await ordered("go");
  for (let n = 0; n < tokens; n += 5) await Promise.all([n, n + 1, n + 2, n + 3, n + 4].map(fetch));
  await tell({ type: "done", acquired, longestWaitMs: plugin.statistics.longestWaitMs });
} catch (error) {
  await tell({ type: "failed", what: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
process.exit(0);
