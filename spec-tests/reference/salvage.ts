import { emptyDocument, isSectionName, salvagedMember } from "./document.ts";
import { DocumentError, type JsonObject, Reader } from "./json.ts";
import { bytes, isObject, member } from "./value.ts";

/** What was complete before the damage, without the mark that a salvage leaves. */
export function referenceSalvage(content: Uint8Array): JsonObject {
  const reader = new Reader(content);
  const document = emptyDocument();
  try {
    reader.skipWhiteSpace();
    salvageMembers(reader, document, (name) => {
      if (!isSectionName(name.text) || !reader.is("{")) return false;
      const section = emptyDocument();
      document.members.set(name.text, { spelling: name.spelling, value: section });
      salvageMembers(reader, section, () => false);
      return true;
    });
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
  }
  document.members.delete(salvagedMember);
  return document;
}

/** Reads an object into `into`, member by member, so that what has been read stays when a later one fails. */
function salvageMembers(
  reader: Reader,
  into: JsonObject,
  handled: (name: { text: string; spelling: Uint8Array }) => boolean,
): void {
  reader.enter("{");
  if (reader.leave("}")) return;
  do {
    const name = reader.name();
    if (handled(name)) continue;
    const value = reader.value();
    // The rest of a number may be what is missing: 12 of 1234.
    if (value.type === "number" && !endsHere(reader)) reader.failHere("json_unexpected_byte");
    into.members.set(name.text, { spelling: name.spelling, value });
  } while (reader.more("}"));
}

const endsHere = (reader: Reader): boolean => [..." \t\r\n,}]"].some((character) => reader.is(character));

/** A section that lost everything says no more than a section that is missing. */
export function withoutEmptySections(document: JsonObject): JsonObject {
  const kept = [...document.members].filter(
    ([name, { value }]) => !(isSectionName(name) && isObject(value) && value.members.size === 0),
  );
  return { type: "object", members: new Map(kept) };
}

export function withMark(document: JsonObject, mark: string): JsonObject {
  const value = { type: "string", text: mark, raw: bytes(JSON.stringify(mark)) } as const;
  return { type: "object", members: new Map([...document.members, [salvagedMember, member(salvagedMember, value)]]) };
}
