import { entities, foreign, parseDocument } from "./document.ts";
import type { Json, JsonObject } from "./json.ts";
import { timestampField, write } from "./value.ts";

export interface ReferenceInspection {
  readonly bytes: number;
  readonly entities: Record<"Account" | "IdToken" | "AccessToken" | "RefreshToken" | "AppMetadata", number>;
  readonly expiredAccessTokens: number;
  readonly foreign: readonly string[];
  readonly accounts: ReadonlyArray<Record<string, unknown>>;
}

export function referenceInspect(content: Uint8Array, nowSeconds: number): ReferenceInspection {
  const document = parseDocument(content);
  const count = (section: string): number => entities(document, section).size;
  return {
    bytes: content.length,
    entities: {
      Account: count("Account"),
      IdToken: count("IdToken"),
      AccessToken: count("AccessToken"),
      RefreshToken: count("RefreshToken"),
      AppMetadata: count("AppMetadata"),
    },
    expiredAccessTokens: [...entities(document, "AccessToken").values()].filter((token) =>
      hasExpired(token, nowSeconds),
    ).length,
    foreign: foreignNames(document),
    accounts: [...entities(document, "Account").values()].map((account) =>
      JSON.parse(new TextDecoder().decode(write(account))),
    ),
  };
}

function hasExpired(token: Json, nowSeconds: number): boolean {
  const expiresOn = timestampField(token, "expires_on");
  return expiresOn >= 0 && expiresOn <= nowSeconds;
}

function foreignNames(document: JsonObject): string[] {
  return [...document.members.keys()].filter((name) => foreign(document, name) !== undefined);
}
