// @azure/identity, whose credentials make msal-node applications of their own, with this package's plugin as the README
// has it.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AuthenticationRecord,
  ClientSecretCredential,
  DeviceCodeCredential,
  type DeviceCodeCredentialOptions,
  useIdentityPlugin,
} from "@azure/identity";
import type { ICachePlugin } from "@azure/msal-node";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FilePersistence, PersistenceCachePlugin } from "../../hosts/node/index.ts";
import { type Authority, sha256, startAuthority } from "../authority/index.ts";
import { storedAccessTokens } from "../processes/stored.ts";
import { CLIENT, SERVICE } from "./setup.ts";

const TENANT = "5e57ab1e-0000-4000-8000-00000000aaaa";
const GRAPH = "https://graph.microsoft.com/.default";

/** Of what `useIdentityPlugin` hands over, `unknown` in its types, what is used. */
interface PluginContext {
  readonly cachePluginControl: {
    setPersistence(open: (options: { readonly name: string }) => Promise<ICachePlugin>): void;
  };
}

let authority: Authority;
let folder: string;

beforeEach(async () => {
  authority = await startAuthority({ rotate: true, strict: true });
  folder = await mkdtemp(join(tmpdir(), "msal-extensions-"));
  useIdentityPlugin((context) =>
    (context as PluginContext).cachePluginControl.setPersistence(
      async ({ name }) => new PersistenceCachePlugin(await FilePersistence.create(join(folder, name))),
    ),
  );
});

afterEach(async () => {
  await authority.close();
  await rm(folder, { recursive: true, force: true });
});

/** Each has an application and a plugin of its own, as in a process of its own. */
function options(name?: string): DeviceCodeCredentialOptions {
  return {
    tenantId: TENANT,
    clientId: CLIENT,
    userPromptCallback: () => {},
    tokenCachePersistenceOptions: { enabled: true, ...(name === undefined ? {} : { name }) },
    additionalPolicies: [
      {
        position: "perRetry",
        policy: {
          name: "to the loopback authority",
          sendRequest(request, next) {
            const { pathname, search } = new URL(request.url);
            Object.assign(request, { url: authority.url + pathname + search, allowInsecureConnection: true });
            return next(request);
          },
        },
      },
    ],
  };
}

async function signIn(): Promise<AuthenticationRecord> {
  const record = await new DeviceCodeCredential(options()).authenticate(GRAPH);
  if (record === undefined) throw new Error("signed in without a record");
  return record;
}

it("a user who has signed in with one credential is found by the next, which asks nobody", async () => {
  const authenticationRecord = await signIn();
  const issued = authority.ledger.issued.length;
  const next = new DeviceCodeCredential({ ...options(), authenticationRecord, disableAutomaticAuthentication: true });

  const { token } = await next.getToken(GRAPH);

  expect(authority.ledger.issued).toHaveLength(issued);
  expect([...(await storedAccessTokens(join(folder, "msal.cache.nocae"))).values()]).toContain(sha256(token));
});

it("tokens with and without continuous access evaluation are kept apart", async () => {
  const authenticationRecord = await signIn();
  const next = new DeviceCodeCredential({ ...options(), authenticationRecord, disableAutomaticAuthentication: true });
  await expect(next.getToken(GRAPH, { enableCae: true })).rejects.toThrow(/Automatic authentication has been disabled/);
  await new DeviceCodeCredential(options()).getToken(GRAPH, { enableCae: true });
  expect((await readdir(folder)).sort()).toEqual(["msal.cache.cae", "msal.cache.nocae"]);
});

it("services that ask for tokens at the same time lose none, on one file", async () => {
  const asService = () => new ClientSecretCredential(TENANT, SERVICE, "a secret", options("shared"));
  const resources = Array.from({ length: 12 }, (_, index) => `https://resource-${index}.example/.default`);
  const tokens = await Promise.all(
    resources.map((scope, index) => asService().getToken(scope, { enableCae: index % 2 === 0 })),
  );
  const stored = [...(await storedAccessTokens(join(folder, "shared"))).values()];
  expect(stored.sort()).toEqual(tokens.map(({ token }) => sha256(token)).sort());
});
