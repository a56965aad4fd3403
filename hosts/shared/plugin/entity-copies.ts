import { isStored, type LiveEntities } from "./live-entities.ts";

/** All that MSAL's memory stores, from key to entity, as it was at some moment. */
export type EntityCopies = ReadonlyMap<string, unknown>;

/** What has become of memory. */
export interface EntityChanges {
  /** Keys of what has come, or is not what it was. */
  readonly changed: readonly string[];
  /** Keys of what is gone. */
  readonly removed: readonly string[];
  readonly after: EntityCopies;
}

/**
 * When MSAL made the object: another time at each reading of the same document, and never
 * stored (msal-node 5.6 and 7.2).
 */
const NOT_STORED = "lastUpdatedAt";

const NOTHING: EntityCopies = new Map();

export function copyEntities(memory: LiveEntities): EntityCopies {
  return compareEntities(NOTHING, memory).after;
}

/** Compares contents: MSAL changes some entities in place (it adds to an account's `tenantProfiles`). */
export function compareEntities(before: EntityCopies, memory: LiveEntities): EntityChanges {
  const changed: string[] = [];
  const after = new Map<string, unknown>();
  for (const key of Object.keys(memory)) {
    if (!isStored(key)) continue;
    const entity = memory[key];
    const copy = before.get(key);
    const isThere = copy !== undefined && isUnchanged(copy, entity);
    after.set(key, isThere ? copy : copyOf(entity));
    if (!isThere) changed.push(key);
  }
  const removed: string[] = [];
  for (const key of before.keys()) if (!after.has(key)) removed.push(key);
  return { changed, removed, after };
}

function isObjectOrArray(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/**
 * With its prototype: older versions of msal-node tell entities by their classes. What is nested in it
 * is copied as it would be stored.
 */
export function copyOf(entity: unknown): unknown {
  if (!isObjectOrArray(entity)) return entity;
  const prototype: unknown = Object.getPrototypeOf(entity);
  const copy: Record<string, unknown> =
    prototype === Object.prototype ? { ...entity } : Object.assign(Object.create(prototype as object), entity);
  for (const name in copy) if (isObjectOrArray(copy[name])) copy[name] = asStored(copy[name]);
  return copy;
}

function asStored(value: unknown): unknown {
  const text = jsonOf(value);
  return text === undefined ? value : JSON.parse(text);
}

/** `undefined`: it cannot be stored. Whoever keeps such a thing in an entity does not store it. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function isUnchanged(copy: unknown, entity: unknown): boolean {
  if (!isObjectOrArray(copy) || !isObjectOrArray(entity)) return copy === entity;
  return Object.getPrototypeOf(copy) === Object.getPrototypeOf(entity) && hasSameFields(copy, entity);
}

/** Without lists of their names: most entities are compared after each change of one. */
function hasSameFields(copy: Record<string, unknown>, entity: Record<string, unknown>): boolean {
  let surplus = 0;
  for (const name in entity) {
    if (name === NOT_STORED) continue;
    const value = entity[name];
    if (value === undefined && !Object.hasOwn(copy, name)) return false;
    if (value !== copy[name] && !isSame(copy[name], value)) return false;
    surplus += 1;
  }
  for (const name in copy) if (name !== NOT_STORED) surplus -= 1;
  return surplus === 0;
}

function isSame(left: unknown, right: unknown): boolean {
  return isObjectOrArray(left) && isObjectOrArray(right) && jsonOf(left) === jsonOf(right);
}
