import { randomBytes } from "node:crypto";
import type { Ledger } from "./ledger.ts";
import {
  accessToken,
  clientInfo,
  type Grant,
  homeAccountId,
  idToken,
  refreshToken,
  tenantOf,
  type User,
  userFor,
} from "./tokens.ts";

export interface AuthorityOptions {
  /** Each refresh answers with a new refresh token. Default true. */
  readonly rotate?: boolean;
  /** A refresh token that was used before is refused with `invalid_grant`, and counted. Default false. */
  readonly strict?: boolean;
  /** Lifetime of access tokens in seconds. Default 4000. */
  readonly expiresIn?: number;
  /** How often a poll for a device code is answered with `authorization_pending`. Default 1. */
  readonly pendingPolls?: number;
  /** Seconds between polls that the device code response asks for. Default 0. */
  readonly interval?: number;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface DeviceCode {
  readonly user: User;
  readonly clientId: string;
  readonly scope: string;
  polls: number;
}

interface RefreshToken {
  readonly user: User;
  readonly clientId: string;
  used: boolean;
}

const NOT_A_RESOURCE = new Set(["openid", "profile", "email", "offline_access"]);

/** The token endpoint: grants in, tokens out, everything in the ledger. No HTTP in here. */
export class Grants {
  readonly #options: Required<AuthorityOptions>;
  readonly #ledger: Ledger;
  readonly #deviceCodes = new Map<string, DeviceCode>();
  readonly #refreshTokens = new Map<string, RefreshToken>();
  #responses = 0;
  #strangers = 0;

  constructor(ledger: Ledger, options: AuthorityOptions) {
    this.#ledger = ledger;
    this.#options = { rotate: true, strict: false, expiresIn: 4000, pendingPolls: 1, interval: 0, ...options };
  }

  /**
   * Approves by itself: nobody has to type a code. `login_hint` names the user; without one, each code is a new user.
   */
  deviceCode(tenant: string, form: URLSearchParams): Answer {
    const hint = form.get("login_hint") ?? `stranger-${++this.#strangers}`;
    const code = randomBytes(48).toString("base64url");
    this.#deviceCodes.set(code, {
      user: userFor(hint, tenantOf(tenant)),
      clientId: form.get("client_id") ?? "",
      scope: form.get("scope") ?? "",
      polls: 0,
    });
    return ok({
      device_code: code,
      user_code: randomBytes(5).toString("hex").toUpperCase(),
      verification_uri: "https://microsoft.com/devicelogin",
      expires_in: 900,
      interval: this.#options.interval,
      message: "This code is approved without anybody's doing.",
    });
  }

  token(tenant: string, form: URLSearchParams): Answer {
    switch (form.get("grant_type")) {
      case "client_credentials":
        return this.#clientCredentials(tenant, form);
      case "device_code":
      case "urn:ietf:params:oauth:grant-type:device_code":
        return this.#redeemDeviceCode(form);
      case "refresh_token":
        return this.#refresh(tenant, form);
      default:
        return refuse("unsupported_grant_type", 70003, "The grant type is not supported.");
    }
  }

  #clientCredentials(tenant: string, form: URLSearchParams): Answer {
    if (!form.has("client_secret") && !form.has("client_assertion")) {
      return refuse("invalid_client", 7000218, "The request body must contain client_secret or client_assertion.");
    }
    const scope = resourceScopes(form.get("scope") ?? "");
    const grant = { clientId: form.get("client_id") ?? "", tenantId: tenantOf(tenant), scope, user: undefined };
    return this.#issue("client_credentials", { ...grant, response: ++this.#responses });
  }

  #redeemDeviceCode(form: URLSearchParams): Answer {
    const key = form.get("device_code") ?? form.get("code") ?? "";
    const code = this.#deviceCodes.get(key);
    if (code === undefined) return refuse("invalid_grant", 70000, "The device code is unknown or was redeemed.");
    if (code.polls++ < this.#options.pendingPolls) {
      return refuse("authorization_pending", 70016, "Authorization is pending. Continue polling.");
    }
    this.#deviceCodes.delete(key);
    const { user, clientId } = code;
    return this.#issueFor("device_code", user, clientId, form.get("scope") ?? code.scope, user.tenantId);
  }

  /** A user may ask for tokens of any tenant, as a guest. */
  #refresh(tenant: string, form: URLSearchParams): Answer {
    const presented = form.get("refresh_token") ?? "";
    const known = this.#refreshTokens.get(presented);
    if (known === undefined || known.clientId !== form.get("client_id")) {
      return refuse("invalid_grant", 70000, "The refresh token is unknown, or another client's.");
    }
    if (this.#options.strict && known.used) {
      this.#ledger.refusedRefreshTokens++;
      return refuse("invalid_grant", 54005, "The refresh token was already redeemed.");
    }
    known.used = this.#options.rotate;
    const again = this.#options.rotate ? undefined : presented;
    const { user, clientId } = known;
    return this.#issueFor(
      "refresh_token",
      user,
      clientId,
      form.get("scope") ?? "",
      tenantOf(tenant, user.tenantId),
      again,
    );
  }

  #issueFor(grantType: string, user: User, clientId: string, scope: string, tenantId: string, again?: string): Answer {
    const grant: Grant = {
      clientId,
      tenantId,
      scope: resourceScopes(scope),
      user,
      response: ++this.#responses,
    };
    const refresh = again ?? refreshToken();
    if (again === undefined) this.#refreshTokens.set(refresh, { user, clientId, used: false });
    return this.#issue(grantType, grant, user, refresh);
  }

  #issue(grantType: string, grant: Grant, user?: User, refresh?: string): Answer {
    const now = Math.floor(Date.now() / 1000);
    const { expiresIn } = this.#options;
    const common = {
      response: grant.response,
      grantType,
      clientId: grant.clientId,
      homeAccountId: user === undefined ? "" : homeAccountId(user),
      tenantId: grant.tenantId,
      scope: grant.scope,
    };
    const access = accessToken(grant, now, expiresIn);
    this.#ledger.record({ ...common, kind: "AccessToken" }, access);
    const body = { token_type: "Bearer", expires_in: expiresIn, ext_expires_in: expiresIn, access_token: access };
    // Entra does not repeat the scope to a client that acts for itself.
    if (user === undefined || refresh === undefined) return ok(body);
    const identity = idToken(grant, user, now, expiresIn);
    this.#ledger.record({ ...common, kind: "RefreshToken" }, refresh);
    this.#ledger.record({ ...common, kind: "IdToken" }, identity);
    return ok({
      ...body,
      scope: `${grant.scope} openid profile`.trim(),
      refresh_token: refresh,
      id_token: identity,
      client_info: clientInfo(user),
    });
  }
}

function resourceScopes(scope: string): string {
  return scope
    .split(" ")
    .filter((one) => one !== "" && !NOT_A_RESOURCE.has(one))
    .join(" ");
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function refuse(error: string, code: number, text: string): Answer {
  return {
    status: 400,
    body: {
      error,
      error_description: `AADSTS${code}: ${text}`,
      error_codes: [code],
      timestamp: new Date().toISOString(),
    },
  };
}
