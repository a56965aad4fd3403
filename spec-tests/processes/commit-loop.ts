// A process that commits without a pause, so many times or until it is killed. Its tokens come from a token provider,
// not over HTTP, so that it spends its time in commits.
import { randomBytes } from "node:crypto";
import process from "node:process";
import { host, installHost } from "../../hosts/shared/runtime/host.ts";
import { confidentialApp, sha256 } from "../authority/index.ts";
import { library } from "../support/library.ts";
import { parent } from "./parent.ts";
import { storedKey } from "./stored.ts";

export interface CommitAssignment {
  readonly cache: string;
  readonly clientId: string;
  /** P: a lease even where kernel locks can be had. */
  readonly kind?: "K" | "P";
  /** Without end unless told otherwise. */
  readonly commits?: number;
}

export type CommitNews =
  | { readonly type: "ready"; readonly host: string; readonly kind: "K" | "P" }
  | { readonly type: "begins" }
  /** The acquire call has returned: this token must be in the file, or a newer one of the same key. */
  | { readonly type: "committed"; readonly key: string; readonly sha256: string };

const { FilePersistence, hostCapabilities, PersistenceCachePlugin } = library;
const { assignment, ordered, tell } = parent<CommitNews, "go">();
const { cache, clientId, kind = "K", commits = Number.POSITIVE_INFINITY } = assignment<CommitAssignment>();
if (kind === "P") installHost({ ...host(), runtime: { ...host().runtime, kernelLocks: () => undefined } });
// A killed holder of a lease has it for 8 s, and on a busy machine the 10 s of the default have come to an end by then.
// One that is stopped has it for 30.
const cachePlugin = new PersistenceCachePlugin(await FilePersistence.create(cache), {
  retryNumber: 450,
  retryDelay: 100,
});
// No request is sent anywhere: msal-node knows the endpoints of the public cloud by heart.
const app = confidentialApp({ authorityUrl: "http://127.0.0.1:9", clientId, cachePlugin });
app.SetAppTokenProvider(async () => ({
  accessToken: randomBytes(1100).toString("base64url"),
  expiresInSeconds: 4000,
  refreshInSeconds: 2000,
}));
const { host: name, lockKind } = await hostCapabilities();
await tell({ type: "ready", host: name, kind: lockKind });
await ordered("go");
for (let n = 0; n < commits; n++) {
  const scope = `https://resource-${n % 20}.example.com/.default`;
  await tell({ type: "begins" });
  const result = await app.acquireTokenByClientCredential({ scopes: [scope], skipCache: true });
  await tell({ type: "committed", key: storedKey(clientId, scope), sha256: sha256(result?.accessToken ?? "") });
}
process.exit(0);
