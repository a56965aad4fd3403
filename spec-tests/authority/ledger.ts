import { sha256 } from "./tokens.ts";

export type TokenKind = "AccessToken" | "RefreshToken" | "IdToken";

/** One token that went out, without its secret. `response` grows: the higher, the newer. */
export interface IssuedToken {
  readonly response: number;
  readonly kind: TokenKind;
  readonly sha256: string;
  readonly grantType: string;
  readonly clientId: string;
  /** `""` for a client that acts for itself. */
  readonly homeAccountId: string;
  readonly tenantId: string;
  /** What was asked for, less the scopes that are no resource's. */
  readonly scope: string;
}

/** What `GET /admin/ledger` answers. */
export interface LedgerReport {
  readonly issued: readonly IssuedToken[];
  /** Refresh tokens presented a second time to a strict authority. */
  readonly refusedRefreshTokens: number;
  /** Requests by endpoint. */
  readonly requests: Readonly<Record<string, number>>;
}

/** Everything the authority issued, so that what a cache has lost can be named. */
export class Ledger {
  readonly #issued: IssuedToken[] = [];
  readonly #bySha256 = new Map<string, IssuedToken>();
  readonly #byResponse = new Map<number, IssuedToken[]>();
  readonly #requests = new Map<string, number>();
  refusedRefreshTokens = 0;

  record(token: Omit<IssuedToken, "sha256">, secret: string): void {
    const entry: IssuedToken = { ...token, sha256: sha256(secret) };
    this.#issued.push(entry);
    this.#bySha256.set(entry.sha256, entry);
    const siblings = this.#byResponse.get(entry.response);
    if (siblings === undefined) this.#byResponse.set(entry.response, [entry]);
    else siblings.push(entry);
  }

  countRequest(endpoint: string): void {
    this.#requests.set(endpoint, (this.#requests.get(endpoint) ?? 0) + 1);
  }

  get issued(): readonly IssuedToken[] {
    return this.#issued;
  }

  find(digest: string): IssuedToken | undefined {
    return this.#bySha256.get(digest);
  }

  /** All that went out in one response: an access token and, for a user, the tokens that came with it. */
  ofResponse(response: number): readonly IssuedToken[] {
    return this.#byResponse.get(response) ?? [];
  }

  report(): LedgerReport {
    return {
      issued: this.#issued,
      refusedRefreshTokens: this.refusedRefreshTokens,
      requests: Object.fromEntries(this.#requests),
    };
  }

  reset(): void {
    this.#issued.length = 0;
    this.#bySha256.clear();
    this.#byResponse.clear();
    this.#requests.clear();
    this.refusedRefreshTokens = 0;
  }
}
