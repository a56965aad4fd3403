import { createHash, randomBytes } from "node:crypto";

/** Somebody who signs in. The same hint is the same person, in every run. */
export interface User {
  readonly objectId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly username: string;
}

/** The tenant of a sign-in through `common` or `organizations`. */
export const HOME_TENANT = "7d3f0c52-3a4b-4d8e-9a51-6f2b8c90e114";

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function tenantOf(pathSegment: string, otherwise = HOME_TENANT): string {
  return GUID.test(pathSegment) ? pathSegment.toLowerCase() : otherwise;
}

export function userFor(hint: string, tenantId: string): User {
  const hex = sha256(`${tenantId}/${hint}`);
  const objectId = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
  return { objectId, tenantId, name: hint, username: `${hint}@example.com` };
}

export function homeAccountId(user: User): string {
  return `${user.objectId}.${user.tenantId}`;
}

export function clientInfo(user: User): string {
  return base64url(JSON.stringify({ uid: user.objectId, utid: user.tenantId }));
}

export interface Grant {
  readonly clientId: string;
  readonly tenantId: string;
  readonly scope: string;
  /** `undefined`: the client acts for itself. */
  readonly user: User | undefined;
  /** Number of the response; it makes the order of issue visible in the token itself. */
  readonly response: number;
}

/** About 1.5 KB, as Entra's access tokens are. The signature is random: nobody here verifies it. */
export function accessToken(grant: Grant, now: number, expiresIn: number): string {
  return jwt(
    {
      aud: "https://graph.microsoft.com",
      iss: `https://sts.windows.net/${grant.tenantId}/`,
      iat: now,
      nbf: now,
      exp: now + expiresIn,
      appid: grant.clientId,
      idtyp: grant.user === undefined ? "app" : "user",
      scp: grant.scope,
      tid: grant.tenantId,
      oid: grant.user?.objectId ?? grant.clientId,
      unique_name: grant.user?.username,
      response: grant.response,
      uti: randomBytes(16).toString("base64url"),
      wids: Array.from({ length: 6 }, () => randomBytes(16).toString("hex")),
      xms_tcdt: 1_600_000_000,
    },
    340,
  );
}

export function idToken(grant: Grant, user: User, now: number, expiresIn: number): string {
  return jwt(
    {
      aud: grant.clientId,
      iss: `https://login.microsoftonline.com/${grant.tenantId}/v2.0`,
      iat: now,
      nbf: now,
      exp: now + expiresIn,
      name: user.name,
      oid: user.objectId,
      preferred_username: user.username,
      sub: sha256(user.objectId + grant.clientId).slice(0, 43),
      tid: grant.tenantId,
      uti: randomBytes(16).toString("base64url"),
      ver: "2.0",
    },
    256,
  );
}

/** Opaque, about 1.2 KB. */
export function refreshToken(): string {
  return `1.AX${randomBytes(900).toString("base64url")}`;
}

function jwt(claims: object, signatureBytes: number): string {
  const header = { typ: "JWT", alg: "RS256", kid: "loopback" };
  return `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}.${randomBytes(signatureBytes).toString("base64url")}`;
}

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}
