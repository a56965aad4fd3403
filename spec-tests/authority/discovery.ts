import { tenantOf } from "./tokens.ts";

/** The host that clients believe to talk to; a network client routes it to the loopback server. */
export const PUBLIC_HOST = "login.microsoftonline.com";

/** Instance discovery as the public cloud answers it: caches file under `login.windows.net`. */
export function discovery(): object {
  return {
    tenant_discovery_endpoint: `https://${PUBLIC_HOST}/common/v2.0/.well-known/openid-configuration`,
    "api-version": "1.1",
    metadata: [
      {
        preferred_network: PUBLIC_HOST,
        preferred_cache: "login.windows.net",
        aliases: [PUBLIC_HOST, "login.windows.net", "login.microsoft.com", "sts.windows.net"],
      },
    ],
  };
}

export function openIdConfiguration(tenant: string): object {
  const base = `https://${PUBLIC_HOST}/${tenant}`;
  return {
    issuer: `https://${PUBLIC_HOST}/${tenantOf(tenant)}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_types_supported: ["code", "id_token", "code id_token"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
  };
}
