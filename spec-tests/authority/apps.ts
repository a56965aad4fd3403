import {
  type AuthenticationResult,
  ConfidentialClientApplication,
  type Configuration,
  type ICachePlugin,
  type INetworkModule,
  PublicClientApplication,
} from "@azure/msal-node";
import { PUBLIC_HOST } from "./discovery.ts";
import { networkClient } from "./network-client.ts";
import { HOME_TENANT } from "./tokens.ts";

export interface AppOptions {
  /** `http://127.0.0.1:<port>` of the authority. */
  readonly authorityUrl: string;
  readonly clientId: string;
  readonly cachePlugin?: ICachePlugin;
  /** Instead of a plain one: to hold a response back, say. */
  readonly network?: INetworkModule;
}

/** A real msal-node application for somebody's own secrets. */
export function confidentialApp(options: AppOptions): ConfidentialClientApplication {
  const configuration = configure(options);
  return new ConfidentialClientApplication({
    ...configuration,
    auth: { ...configuration.auth, clientSecret: "a secret that the loopback authority does not look at" },
  });
}

/** A real msal-node application for users. */
export function publicApp(options: AppOptions): PublicClientApplication {
  return new PublicClientApplication(configure(options));
}

/** Signs `user` in with a device code, which the authority approves by itself. */
export async function signIn(
  app: PublicClientApplication,
  user: string,
  scopes: readonly string[] = ["User.Read"],
): Promise<AuthenticationResult> {
  const result = await app.acquireTokenByDeviceCode({
    scopes: [...scopes],
    extraQueryParameters: { login_hint: user },
    deviceCodeCallback: () => {},
  });
  if (result === null) throw new Error(`no result for ${user}`);
  return result;
}

function configure({ authorityUrl, clientId, cachePlugin, network }: AppOptions): Configuration {
  return {
    auth: { clientId, authority: `https://${PUBLIC_HOST}/${HOME_TENANT}` },
    system: { networkClient: network ?? networkClient(authorityUrl) },
    ...(cachePlugin === undefined ? {} : { cache: { cachePlugin } }),
  };
}
