import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccountInfo, AuthenticationResult, INetworkModule, PublicClientApplication } from "@azure/msal-node";
import { onTestFinished } from "vitest";
import { FilePersistence, PersistenceCachePlugin } from "../../hosts/node/index.ts";
import {
  type Authority,
  confidentialApp,
  networkClient,
  publicApp,
  sha256,
  signIn,
  startAuthority,
} from "../authority/index.ts";

export const CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
export const SERVICE = "5e57ab1e-0000-4000-8000-000000000001";

export type Document = Record<
  "Account" | "IdToken" | "AccessToken" | "RefreshToken",
  Record<string, { home_account_id: string; client_id: string; secret: string; target?: string }>
>;

/** A promise, and what resolves it. */
export function signal(): [given: Promise<void>, give: () => void] {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return [given, give];
}

/** An authority, a cache file, and what a test makes of them. All of it goes when the test has ended. */
export class Bench {
  readonly cache: string;
  readonly authority: Authority;

  private constructor(cache: string, authority: Authority) {
    this.cache = cache;
    this.authority = authority;
  }

  /** @param strict the authority refuses refresh tokens that it has replaced */
  static async create({ strict = false } = {}): Promise<Bench> {
    const folder = await mkdtemp(join(tmpdir(), "msal-extensions-"));
    const authority = await startAuthority({ rotate: true, strict });
    onTestFinished(async () => {
      await authority.close();
      await rm(folder, { recursive: true, force: true });
    });
    return new Bench(join(folder, "cache.json"), authority);
  }

  /** A plugin of its own on the shared file, as another process has it. */
  async plugin(options?: ConstructorParameters<typeof PersistenceCachePlugin>[1]): Promise<PersistenceCachePlugin> {
    return new PersistenceCachePlugin(await FilePersistence.create(this.cache), options);
  }

  app(cachePlugin: PersistenceCachePlugin, clientId = CLIENT, network?: INetworkModule): PublicClientApplication {
    const options = { authorityUrl: this.authority.url, clientId, cachePlugin };
    return publicApp(network === undefined ? options : { ...options, network });
  }

  service(cachePlugin: PersistenceCachePlugin, clientId = SERVICE) {
    return confidentialApp({ authorityUrl: this.authority.url, clientId, cachePlugin });
  }

  /** A network whose token endpoint answers only after `open()`. */
  gatedNetwork(): { readonly network: INetworkModule; readonly reached: Promise<void>; open(): void } {
    const real = networkClient(this.authority.url);
    const [gate, open] = signal();
    const [reached, reach] = signal();
    const network: INetworkModule = {
      sendGetRequestAsync: real.sendGetRequestAsync,
      async sendPostRequestAsync<T>(url: string, options?: Parameters<INetworkModule["sendPostRequestAsync"]>[1]) {
        const response = await real.sendPostRequestAsync<T>(url, options);
        reach();
        await gate;
        return response;
      },
    };
    return { network, reached, open };
  }

  /** What is in the file, read with nothing but `JSON.parse`. */
  async stored(): Promise<Document> {
    const empty = { Account: {}, IdToken: {}, AccessToken: {}, RefreshToken: {} };
    return { ...empty, ...(JSON.parse(await readFile(this.cache, "utf8")) as Partial<Document>) };
  }

  /** Those of `results` whose access token is not in the file. */
  async missing(results: readonly (AuthenticationResult | null)[]): Promise<string[]> {
    const there = new Set(Object.values((await this.stored()).AccessToken).map(({ secret }) => sha256(secret)));
    return results
      .filter((one) => !there.has(sha256(one?.accessToken ?? "")))
      .map((one) => one?.scopes.join(" ") ?? "null");
  }
}

export async function signedIn(app: PublicClientApplication, user: string): Promise<AccountInfo> {
  const { account } = await signIn(app, user);
  if (account === null) throw new Error(`no account for ${user}`);
  return account;
}

export function scopes(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `Scope.${i}`);
}

/** All settled: the results, and the errors as text. */
export async function settle(calls: readonly Promise<AuthenticationResult | null>[]) {
  const outcomes = await Promise.allSettled(calls);
  return {
    results: outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
    errors: outcomes.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : [])),
  };
}
