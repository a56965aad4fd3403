import type { IssuedToken, Ledger, TokenKind } from "../spec-tests/authority/index.ts";
import { sha256 } from "../spec-tests/authority/index.ts";

export interface Balance {
  /**
   * Cache entries that must be there: the newest token of each key that an acquire call
   * returned, and what came with it.
   */
  readonly expected: number;
  readonly found: number;
  /** Names of those that are missing or older than they should be. */
  readonly lost: readonly string[];
}

interface StoredCredential {
  readonly home_account_id: string;
  readonly client_id: string;
  readonly realm?: string;
  readonly target?: string;
  readonly secret: string;
}

const KINDS: readonly TokenKind[] = ["AccessToken", "RefreshToken", "IdToken"];

/** Compares what the workers were given with what is stored. Reads it with nothing but `JSON.parse`. */
export function balance(ledger: Ledger, acquired: Iterable<string>, content: string): Balance {
  const document = JSON.parse(content) as Record<TokenKind, Record<string, StoredCredential>>;
  const stored = new Map<string, string>();
  for (const kind of KINDS) {
    for (const entity of Object.values(document[kind] ?? {}))
      stored.set(storedSlot(kind, entity), sha256(entity.secret));
  }
  const expected = newest(ledger, acquired);
  const lost: string[] = [];
  for (const [slot, token] of expected) {
    const there = ledger.find(stored.get(slot) ?? "");
    // A newer one is no loss: its acquire call failed after it had been stored.
    if (there === undefined || there.response < token.response) {
      lost.push(
        `${slot} of response ${token.response} (${there === undefined ? "missing" : `holds ${there.response}`})`,
      );
    }
  }
  return { expected: expected.size, found: expected.size - lost.length, lost };
}

function newest(ledger: Ledger, acquired: Iterable<string>): Map<string, IssuedToken> {
  const slots = new Map<string, IssuedToken>();
  for (const digest of acquired) {
    const access = ledger.find(digest);
    if (access === undefined) throw new Error("an acquire call returned a token that was never issued");
    for (const token of ledger.ofResponse(access.response)) {
      const slot = issuedSlot(token);
      if ((slots.get(slot)?.response ?? -1) < token.response) slots.set(slot, token);
    }
  }
  return slots;
}

/** What identifies a cache entry. The key is made of the same parts. */
function issuedSlot(token: IssuedToken): string {
  return slot(token.kind, token.clientId, token.homeAccountId, token.tenantId, token.scope);
}

function storedSlot(kind: TokenKind, entity: StoredCredential): string {
  const scope = (entity.target ?? "").replace(/ ?\b(openid|profile)\b/g, "");
  return slot(kind, entity.client_id, entity.home_account_id, entity.realm ?? "", scope);
}

function slot(kind: TokenKind, clientId: string, homeAccountId: string, realm: string, scope: string): string {
  const parts = { AccessToken: [realm, scope], IdToken: [realm], RefreshToken: [] }[kind];
  return [kind, clientId, homeAccountId || "(app)", ...parts].join(" ");
}
