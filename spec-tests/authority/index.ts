export { type AppOptions, confidentialApp, publicApp, signIn } from "./apps.ts";
export type { AuthorityOptions } from "./grants.ts";
export { type IssuedToken, Ledger, type LedgerReport, type TokenKind } from "./ledger.ts";
export { networkClient } from "./network-client.ts";
export { type Authority, startAuthority } from "./server.ts";
export { HOME_TENANT, sha256 } from "./tokens.ts";
