import { isObject, referenceSalvage, salvagedMember } from "../../reference/index.ts";

/** The token that everybody renews. All others have one owner. */
export const SHARED = "shared";

export interface Entity {
  readonly secret: string;
  readonly cached_at: string;
}
export type Entities = ReadonlyMap<string, Entity>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NONE: Entities = new Map();

export function entity(secret: string, cachedAtMs: number): Entity {
  return { secret, cached_at: String(Math.floor(cachedAtMs)) };
}

export function encode(entities: Entities): Uint8Array {
  return encoder.encode(JSON.stringify({ AccessToken: Object.fromEntries(entities) }));
}

export function isBlank(content: Uint8Array): boolean {
  return content.every((byte) => byte === 0 || byte === 0x20);
}

/** A salvage leaves a mark, so that whoever still knows what was lost brings it back. */
export function isMarkedSalvaged(content: Uint8Array | undefined): boolean {
  return content !== undefined && decoder.decode(content).includes(salvagedMember);
}

/** `undefined`: neither a document nor nothing. */
export function decode(content: Uint8Array | undefined): Entities | undefined {
  if (content === undefined || isBlank(content)) return NONE;
  try {
    const { AccessToken = {} } = JSON.parse(decoder.decode(content)) as { AccessToken?: Record<string, Entity> };
    return new Map(Object.entries(AccessToken));
  } catch {
    return undefined;
  }
}

/** The entities that are whole, of a document or of what is left of one. */
export function wholeEntities(content: Uint8Array | undefined): Entities {
  return decode(content) ?? salvaged(content!);
}

function salvaged(content: Uint8Array): Entities {
  const section = referenceSalvage(content).members.get("AccessToken")?.value;
  const names = isObject(section) ? [...section.members.keys()] : [];
  return new Map(names.map((name) => [name, entity("salvaged", 0)]));
}
