import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { FilePersistence, PersistenceCachePlugin } from "../../hosts/node/index.ts";
import { confidentialApp, HOME_TENANT, sha256, startAuthority } from "../authority/index.ts";
import { temporaryCache } from "../processes/temporary.ts";
import { describeEmbedding } from "./embedding.ts";
import { build, EMBEDDINGS, missingFor } from "./setup.mjs";

const CLIENT = "5e57ab1e-0000-4000-8000-0000000000e2";
const SCOPE = "https://resource.example.com/.default";

describeEmbedding("rust");

describe.skipIf(missingFor("rust").length > 0)("the example in rust, which has no MSAL", () => {
  beforeAll(() => build("rust"), 900_000);

  it("files the answer of a token endpoint so that msal-node finds the token", async () => {
    const cache = await temporaryCache();
    const authority = await startAuthority();
    try {
      const answer = await askForToken(authority.url);
      const [program] = EMBEDDINGS.rust.programs.tokenResponse!;
      const args = [cache, CLIENT, HOME_TENANT, SCOPE];
      const printed = execFileSync(program, args, {
        input: answer,
        encoding: "utf8",
        stdio: ["pipe", "pipe", "ignore"],
      });
      expect(JSON.parse(printed).entities).toMatchObject({ AccessToken: 1, RefreshToken: 0 });

      const cachePlugin = new PersistenceCachePlugin(await FilePersistence.create(cache));
      const app = confidentialApp({ authorityUrl: authority.url, clientId: CLIENT, cachePlugin });
      const found = await app.acquireTokenByClientCredential({ scopes: [SCOPE] });
      expect(found?.fromCache).toBe(true);
      expect(sha256(found!.accessToken)).toBe(authority.ledger.issued[0]!.sha256);
      expect(printed).not.toContain(found!.accessToken);
    } finally {
      await authority.close();
    }
  });
});

async function askForToken(authorityUrl: string): Promise<string> {
  const response = await fetch(`${authorityUrl}/${HOME_TENANT}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: CLIENT,
      client_secret: "not looked at",
      scope: SCOPE,
    }),
  });
  return response.text();
}
