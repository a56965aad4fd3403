import { readFile, writeFile } from "node:fs/promises";

const ENVIRONMENT = "login.microsoftonline.com";
export const CLIENT = "11111111-2222-4333-8444-555555555555";

interface Cache {
  readonly Account?: Readonly<Record<string, { readonly local_account_id: string }>>;
  readonly RefreshToken?: Readonly<Record<string, { readonly secret: string }>>;
}

/** A stored document with an account and a refresh token for each user, as text. */
export function documentOf(...users: string[]): string {
  const owner = (user: string) => ({ home_account_id: `${user}.tenant`, environment: ENVIRONMENT });
  const account = (user: string) => ({
    ...owner(user),
    realm: "tenant",
    local_account_id: user,
    username: `${user}@example.org`,
    authority_type: "MSSTS",
  });
  const token = (user: string) => ({
    ...owner(user),
    credential_type: "RefreshToken",
    client_id: CLIENT,
    secret: `secret of ${user}`,
  });
  const key = (user: string) => `${user}.tenant-${ENVIRONMENT}`;
  return JSON.stringify({
    Account: Object.fromEntries(users.map((user) => [`${key(user)}-tenant`, account(user)])),
    RefreshToken: Object.fromEntries(users.map((user) => [`${key(user)}-refreshtoken-${CLIENT}--`, token(user)])),
  });
}

export function usersIn(content: Uint8Array | string | undefined): string[] {
  const text = typeof content === "string" ? content : new TextDecoder().decode(content);
  const { Account = {} } = JSON.parse(text || "{}") as Cache;
  return Object.values(Account)
    .map(({ local_account_id }) => local_account_id)
    .sort();
}

export const store = (cache: string, ...users: string[]) => writeFile(cache, documentOf(...users));
export const storedUsers = async (cache: string) => usersIn(await readFile(cache, "utf8"));
