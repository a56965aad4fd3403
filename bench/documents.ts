// Cache documents of the sizes that applications have: about 2 KB an entity, most of it one secret.
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const HOME_ACCOUNT_ID = "00000000-0000-0000-66f3-3332eca7ea81.9188040d-6c67-4c5b-b112-36a304b66dad";
const ENVIRONMENT = "login.microsoftonline.com";
const CLIENT_ID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const SECRET_BYTES = 1500;

type Entity = Record<string, unknown>;
export type CacheDocument = Record<string, Record<string, Entity>>;

/** xorshift32: every run merges the same bytes. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const random = createRandom(0x2545f491);

function secret(): string {
  let text = "";
  while (text.length < SECRET_BYTES) text += ALPHABET[random() & 63];
  return text;
}

export function accessToken(scope: string, cachedAt: number): Entity {
  return {
    home_account_id: HOME_ACCOUNT_ID,
    environment: ENVIRONMENT,
    credential_type: "AccessToken",
    client_id: CLIENT_ID,
    secret: secret(),
    realm: "9188040d-6c67-4c5b-b112-36a304b66dad",
    target: scope,
    cached_at: String(cachedAt),
    expires_on: String(cachedAt + 3600),
    extended_expires_on: String(cachedAt + 7200),
    token_type: "Bearer",
  };
}

function tokenKey(scope: string): string {
  return `${HOME_ACCOUNT_ID}-${ENVIRONMENT}-accesstoken-${CLIENT_ID}-9188040d-6c67-4c5b-b112-36a304b66dad-${scope}--`;
}

/** A document of `entities` entities: one account, the rest access tokens. */
export function createDocument(entities: number): CacheDocument {
  const account = {
    home_account_id: HOME_ACCOUNT_ID,
    environment: ENVIRONMENT,
    realm: "9188040d-6c67-4c5b-b112-36a304b66dad",
    local_account_id: "00000000-0000-0000-66f3-3332eca7ea81",
    username: "someone@example.com",
    authority_type: "MSSTS",
    name: "Some One",
  };
  const tokens: Record<string, Entity> = {};
  for (let index = 1; index < entities; index += 1) {
    const scope = `https://resource${index}.example.com/.default`;
    tokens[tokenKey(scope)] = accessToken(scope, 1_700_000_000);
  }
  return {
    Account: { [`${HOME_ACCOUNT_ID}-${ENVIRONMENT}-9188040d-6c67-4c5b-b112-36a304b66dad`]: account },
    IdToken: {},
    AccessToken: tokens,
    RefreshToken: {},
    AppMetadata: {},
  };
}

export interface Triple {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Since base each side has added a token and renewed another. */
export function createTriple(entities: number): Triple {
  const base = createDocument(entities);
  const change = (name: string, index: number): string => {
    const changed = structuredClone(base);
    const tokens = changed.AccessToken as Record<string, Entity>;
    const renewed = Object.keys(tokens)[index] as string;
    tokens[renewed] = accessToken(String(tokens[renewed]?.target), 1_700_001_000);
    tokens[tokenKey(name)] = accessToken(name, 1_700_001_000);
    return JSON.stringify(changed);
  };
  return { base: JSON.stringify(base), ours: change("ours/.default", 1), theirs: change("theirs/.default", 2) };
}

/** The same document, members in another order at every level. */
export function shuffled<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  const members: [string, unknown][] = Object.entries(value);
  for (let left = members.length - 1; left > 0; left -= 1) {
    const right = random() % (left + 1);
    members.splice(right, 1, ...members.splice(left, 1, members[right] as [string, unknown]));
  }
  return Object.fromEntries(members.map(([name, inner]) => [name, shuffled(inner)])) as T;
}
