import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { compiled } from "../processes/child.ts";
import {
  type Authority,
  confidentialApp,
  HOME_TENANT,
  type LedgerReport,
  networkClient,
  publicApp,
  sha256,
  signIn,
  startAuthority,
} from "./index.ts";

async function authority(options: Parameters<typeof startAuthority>[0] = {}): Promise<Authority> {
  const started = await startAuthority(options);
  onTestFinished(() => started.close());
  return started;
}

it("signs in real msal-node users and applications, with tokens of realistic size", async () => {
  const { url, ledger } = await authority();
  const app = publicApp({ authorityUrl: url, clientId: "client" });
  const { account, accessToken, idToken } = await signIn(app, "ann");
  expect(account?.username).toBe("ann@example.com");
  expect(account?.tenantId).toBe(HOME_TENANT);
  expect(accessToken.length).toBeGreaterThan(1200);
  expect(idToken.length).toBeGreaterThan(700);
  const service = confidentialApp({ authorityUrl: url, clientId: "service" });
  const own = await service.acquireTokenByClientCredential({ scopes: ["https://graph.microsoft.com/.default"] });

  expect(ledger.issued.map(({ kind, grantType }) => `${grantType} ${kind}`)).toEqual([
    "device_code AccessToken",
    "device_code RefreshToken",
    "device_code IdToken",
    "client_credentials AccessToken",
  ]);
  expect(ledger.find(sha256(own?.accessToken ?? ""))).toMatchObject({ clientId: "service", homeAccountId: "" });
});

it("a hint names the user, without one each code is a new user", async () => {
  const { url } = await authority();
  const app = publicApp({ authorityUrl: url, clientId: "client" });
  const anonymous = () => app.acquireTokenByDeviceCode({ scopes: ["User.Read"], deviceCodeCallback: () => {} });
  const results = [await signIn(app, "ann"), await signIn(app, "ann"), await anonymous(), await anonymous()];
  expect(new Set(results.map((one) => one?.account?.homeAccountId)).size).toBe(3);
});

it("strict: a refresh token is good for one refresh", async () => {
  const { url, ledger } = await authority({ strict: true });
  const app = publicApp({ authorityUrl: url, clientId: "client" });
  const { account } = await signIn(app, "ann");
  const stale = app.getTokenCache().serialize();
  const request = { account: account!, scopes: ["Mail.Read"], forceRefresh: true };
  await app.acquireTokenSilent(request);
  await app.acquireTokenSilent(request);
  expect(ledger.refusedRefreshTokens).toBe(0);

  const other = publicApp({ authorityUrl: url, clientId: "client" });
  other.getTokenCache().deserialize(stale);
  await expect(other.acquireTokenSilent(request)).rejects.toThrow(/invalid_grant/);
  expect(ledger.refusedRefreshTokens).toBe(1);
});

it("not strict: a used refresh token still works, and is rotated", async () => {
  const { url, ledger } = await authority({ strict: false });
  const app = publicApp({ authorityUrl: url, clientId: "client" });
  const { account } = await signIn(app, "ann");
  const calls = ["A", "B", "C"].map((scope) =>
    app.acquireTokenSilent({ account: account!, scopes: [scope], forceRefresh: true }),
  );
  await Promise.all(calls);
  const refreshTokens = ledger.issued.filter(({ kind }) => kind === "RefreshToken");
  expect(new Set(refreshTokens.map((one) => one.sha256)).size).toBe(4);
});

it("answers discovery as the public cloud does", async () => {
  const { url } = await authority();
  const network = networkClient(url);
  const host = "https://login.microsoftonline.com";
  const instance = await network.sendGetRequestAsync<{ metadata: { preferred_cache: string }[] }>(
    `${host}/common/discovery/instance?api-version=1.1`,
  );
  expect(instance.body.metadata[0]?.preferred_cache).toBe("login.windows.net");
  const configuration = await network.sendGetRequestAsync<{ token_endpoint: string }>(
    `${host}/contoso/v2.0/.well-known/openid-configuration`,
  );
  expect(configuration.body.token_endpoint).toBe(`${host}/contoso/oauth2/v2.0/token`);
});

it("runs as a process of its own, with its ledger at /admin/ledger", async () => {
  const server = spawn(process.execPath, [compiled("spec-tests/authority/serve.js"), "--strict"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void server.kill());
  const [line] = (await once(createInterface(server.stdout), "line")) as [string];
  const { url } = JSON.parse(line) as { url: string };
  await signIn(publicApp({ authorityUrl: url, clientId: "client" }), "ann");
  const report = (await (await fetch(`${url}/admin/ledger`)).json()) as LedgerReport;
  expect(report.issued.map(({ kind }) => kind)).toEqual(["AccessToken", "RefreshToken", "IdToken"]);
  expect(report.refusedRefreshTokens).toBe(0);
  server.stdin.end();
  expect(await once(server, "exit")).toEqual([0, null]);
});
