import { DocumentError, type DocumentName, type Json, type JsonObject, parseJson, Reader } from "./json.ts";
import { isObject } from "./value.ts";

export const sectionNames = ["Account", "IdToken", "AccessToken", "RefreshToken", "AppMetadata"] as const;
export const credentialSections = ["IdToken", "AccessToken", "RefreshToken"] as const;
export const salvagedMember = "msal-extensions.salvaged";

export const isSectionName = (name: string): boolean => (sectionNames as readonly string[]).includes(name);
export const isCredentialSection = (name: string): boolean => (credentialSections as readonly string[]).includes(name);

export const emptyDocument = (): JsonObject => ({ type: "object", members: new Map() });

export function parseDocument(content: Uint8Array | undefined, name: DocumentName = "theirs"): JsonObject {
  if (content === undefined) return emptyDocument();
  try {
    const reader = new Reader(content);
    reader.skipWhiteSpace();
    if (reader.byte === undefined) return emptyDocument();
    const start = reader.at;
    const value = parseJson(content);
    if (!isObject(value)) throw new DocumentError("not_a_cache", start);
    return value;
  } catch (error) {
    if (error instanceof DocumentError) error.document = name;
    throw error;
  }
}

/** The section's entities, in order; none when the member is missing or not an object. */
export function entities(document: JsonObject, section: string): Map<string, Json> {
  const value = document.members.get(section)?.value;
  if (!isObject(value)) return new Map();
  return new Map([...value.members].map(([key, member]) => [key, member.value]));
}

/** A foreign member's value. A section is one only while its value is not an object. */
export function foreign(document: JsonObject, name: string): Json | undefined {
  const value = document.members.get(name)?.value;
  return isSectionName(name) && isObject(value) ? undefined : value;
}
