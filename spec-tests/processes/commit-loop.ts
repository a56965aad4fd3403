// A process that commits without a pause until it is killed. Its tokens come from a token provider, not over HTTP, so that
// it spends its time in commits.
import { randomBytes } from "node:crypto";
import { FilePersistence, PersistenceCachePlugin } from "../../hosts/node/index.ts";
import { confidentialApp, sha256 } from "../authority/index.ts";
import { parent } from "./child.ts";
import { storedKey } from "./stored.ts";

export interface CommitAssignment {
  readonly cache: string;
  readonly clientId: string;
}

export type CommitNews =
  | { readonly type: "begins" }
  /** The acquire call has returned: this token must be in the file, or a newer one of the same key. */
  | { readonly type: "committed"; readonly key: string; readonly sha256: string };

const { assignment, tell } = parent<CommitNews, never>();
const { cache, clientId } = assignment<CommitAssignment>();
const cachePlugin = new PersistenceCachePlugin(await FilePersistence.create(cache));
// No request is sent anywhere: msal-node knows the endpoints of the public cloud by heart.
const app = confidentialApp({ authorityUrl: "http://127.0.0.1:9", clientId, cachePlugin });
app.SetAppTokenProvider(async () => ({
  accessToken: randomBytes(1100).toString("base64url"),
  expiresInSeconds: 4000,
  refreshInSeconds: 2000,
}));
for (let n = 0; ; n++) {
  const scope = `https://resource-${n % 20}.example.com/.default`;
  await tell({ type: "begins" });
  const result = await app.acquireTokenByClientCredential({ scopes: [scope], skipCache: true });
  await tell({ type: "committed", key: storedKey(clientId, scope), sha256: sha256(result?.accessToken ?? "") });
}
