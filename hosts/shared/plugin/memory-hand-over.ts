import { isObject } from "../values/is-object.ts";
import type { SerializableTokenCache } from "./cache-context.ts";
import { compareEntities, copyEntities, copyOf, type EntityCopies } from "./entity-copies.ts";
import { isStored, type LiveEntities, liveEntities, serializeAs } from "./live-entities.ts";
import { keepTenantProfiles } from "./tenant-profiles.ts";

const SECTIONS = ["Account", "IdToken", "AccessToken", "RefreshToken", "AppMetadata"] as const;

type Sections = Partial<Record<string, unknown>>;

/** Of JSON text that the core or MSAL has made; "" is the empty document. */
function sectionsOf(document: string): Sections {
  const members: unknown = document === "" ? {} : JSON.parse(document);
  const sections: Sections = {};
  if (isObject(members)) for (const name of SECTIONS) sections[name] = members[name];
  return sections;
}

/** Without entities that are no objects; the same text where there are none. */
function withoutOddEntities(document: string): string {
  const members = JSON.parse(document) as Sections;
  let odd = 0;
  for (const name of SECTIONS) {
    const section = members[name];
    if (!isObject(section)) continue;
    const entities = Object.entries(section);
    const objects = entities.filter(([, entity]) => isObject(entity));
    odd += entities.length - objects.length;
    members[name] = Object.fromEntries(objects);
  }
  return odd === 0 ? document : JSON.stringify(members);
}

/**
 * A base in which what has been removed is as the document has it, and not as MSAL has it (which drops a
 * `tenantProfiles` that is null, say). Else it would look renewed by somebody else, and a sign-out would leave account
 * and refresh token where they are stored.
 */
function withRemovedAs(document: string, base: string, ours: string): string {
  const members = JSON.parse(base) as Sections;
  const [left, stored] = [sectionsOf(ours), sectionsOf(document)];
  for (const name of SECTIONS) {
    const [entities, kept, found] = [members[name], left[name], stored[name]];
    if (!isObject(entities) || !isObject(found)) continue;
    for (const key of Object.keys(entities)) {
      const isRemoved = !isObject(kept) || !Object.hasOwn(kept, key);
      if (isRemoved && Object.hasOwn(found, key)) entities[key] = found[key];
    }
  }
  return JSON.stringify(members);
}

/** The keys of all entities of a document. */
function entityKeys(document: string): Set<string> {
  const keys = new Set<string>();
  for (const section of Object.values(sectionsOf(document))) {
    if (isObject(section)) for (const key of Object.keys(section)) keys.add(key);
  }
  return keys;
}

/** A document that changes. Its text is made when it is asked for: to tell whether memory has it already takes none. */
export interface SharedDocument {
  /** Another object for each thing that it has been. */
  readonly revision: object;
  readonly text: string;
}

/** What memory held at some moment: copies of its entities where there is a live map, else a document. */
export type MemoryState = EntityCopies | string;

/** What has become of memory, as base and ours of a merge. What is in neither of the two has not changed. */
export interface MemoryChange {
  readonly base: string;
  readonly ours: string;
}

/** Brings one token cache in MSAL's memory to the state of a document, and tells what has been changed there since. */
export class MemoryHandOver {
  readonly #tokenCache: SerializableTokenCache;
  #revision: object | undefined;
  /** What MSAL has read last, which `overwriteCache` lays over memory, and as which document. */
  #read = "";
  #readAs: object | undefined;
  /** What was handed over, or what somebody left, for as long as nothing has been read since. */
  #copies: EntityCopies | undefined;
  /** Keys in the live map, where there is one, that are there because of a document or a writer. */
  #known = new Set<string>();

  constructor(tokenCache: SerializableTokenCache) {
    this.#tokenCache = tokenCache;
  }

  /**
   * Of the document that memory holds, but for what has been changed there since. `undefined`: it holds none like that.
   */
  get revision(): object | undefined {
    return this.#revision;
  }

  /**
   * What memory holds: not just what the document does. It may have more (ghosts) and less (entities
   * that MSAL does not recognise).
   */
  state(): MemoryState {
    const entities = this.#liveEntities();
    if (entities === undefined) return this.#tokenCache.serialize();
    this.#copies ??= copyEntities(entities);
    return this.#copies;
  }

  /** Hands `document` over to a writer, unless memory is known to hold just that. */
  handOver(document: SharedDocument): void {
    if (document.revision !== this.#revision || !this.#holdsAllKnown()) this.#bringTo(document);
  }

  /**
   * The same for a reader, who may be `overwriteCache`: that lays over memory, next, what MSAL has read last, and with
   * it every token that a writer has replaced since. So what a writer left must be read, too.
   */
  handOverToReader(document: SharedDocument): void {
    if (document.revision !== this.#readAs) this.#bringTo(document);
    else this.handOver(document);
  }

  /**
   * @param before what `state` gave
   * @param document the one that the change will be merged into, if memory was brought to the very same:
   *   then what has changed is enough, unless something was removed. (Whether a removed account is a
   *   sign-out takes the whole to tell.)
   * @returns `undefined`: nothing
   */
  changeSince(before: MemoryState, document: SharedDocument | undefined): MemoryChange | undefined {
    if (typeof before === "string") return { base: before, ours: this.#tokenCache.serialize() };
    const entities = this.#liveEntities() ?? {};
    keepTenantProfiles(before, entities);
    const { changed, removed, after } = compareEntities(before, entities);
    this.#copies = after;
    if (changed.length === 0 && removed.length === 0) return undefined;
    if (document !== undefined && removed.length === 0) return this.#partOf(entities, before, changed);
    const base = serializeAs(this.#tokenCache, entities, before);
    const ours = this.#tokenCache.serialize();
    return { base: document === undefined ? base : withRemovedAs(document.text, base, ours), ours };
  }

  /**
   * A writer has been at work: what it added is in memory, and a ghost once a document lacks it.
   *
   * @param revision the document that memory holds with it, where that is known
   */
  learn(revision: object | undefined): void {
    for (const key of Object.keys(this.#liveEntities() ?? {})) if (isStored(key)) this.#known.add(key);
    this.#revision = revision;
  }

  /** Somebody has emptied memory since the last hand-over (msal-node's `overwriteCache` does, before it asks). */
  wasCleared(): boolean {
    const entities = this.#liveEntities();
    const present = entities === undefined ? entityKeys(this.#tokenCache.serialize()) : new Set(Object.keys(entities));
    const known = entities === undefined ? entityKeys(this.#read) : this.#known;
    for (const key of known) if (present.has(key)) return false;
    return known.size > 0;
  }

  /** Puts back what is missing of what memory was last known to hold. */
  repeat(): void {
    const entities = this.#liveEntities();
    if (entities === undefined || this.#copies === undefined) this.#deserialize(this.#read, undefined);
    else for (const [key, entity] of this.#copies) if (!Object.hasOwn(entities, key)) entities[key] = copyOf(entity);
  }

  #liveEntities(): LiveEntities | undefined {
    return liveEntities(this.#tokenCache);
  }

  #partOf(entities: LiveEntities, before: EntityCopies, changed: readonly string[]): MemoryChange {
    const ours = new Map<string, unknown>();
    const base = new Map<string, unknown>();
    for (const key of changed) {
      ours.set(key, entities[key]);
      if (before.has(key)) base.set(key, before.get(key));
    }
    const part = (of: ReadonlyMap<string, unknown>) =>
      of.size === 0 ? "" : JSON.stringify(sectionsOf(serializeAs(this.#tokenCache, entities, of)));
    return { base: part(base), ours: part(ours) };
  }

  #bringTo(document: SharedDocument): void {
    const before = this.#liveEntities() ?? {};
    this.#revision = undefined;
    this.#deserialize(document.text, document.revision);
    this.#removeGhosts(before);
    this.#copyEntities();
    this.#revision = document.revision;
  }

  /**
   * Not when somebody asks: MSAL changes accounts in place before it asks to be let in
   * (tenant-profiles.ts), and that is a change.
   */
  #copyEntities(): void {
    const entities = this.#liveEntities();
    if (entities !== undefined) this.#copies = copyEntities(entities);
  }

  #deserialize(text: string, revision: object | undefined): void {
    // "" would do for msal-node, but JSON is what the interface asks for.
    const document = text === "" ? "{}" : text;
    try {
      this.#tokenCache.deserialize(document);
    } catch (error) {
      // An entity that is null, say, makes msal-node throw. It stays where it is stored; what can
      // be read must not depend on it.
      const readable = withoutOddEntities(document);
      if (readable === document) throw error;
      this.#tokenCache.deserialize(readable);
    }
    this.#read = text;
    this.#readAs = revision;
    this.#copies = undefined;
  }

  #holdsAllKnown(): boolean {
    const entities = this.#liveEntities();
    if (entities === undefined) return false;
    for (const key of this.#known) if (!Object.hasOwn(entities, key)) return false;
    return true;
  }

  /**
   * `deserialize` adds to memory and never removes (msal-node's `setInMemoryCache` spreads the document over what is
   * there), so an account that another process signed out would live on here. What was known before and is the same
   * object still did not come with the document: every entity of a document is a new one. (Reading the keys from the
   * document instead takes as long as MSAL takes to read it.) Without the live map the ghosts stay in memory, but not
   * in what is written: the base of a writer's changes is taken after the hand-over and has them too.
   */
  #removeGhosts(before: Readonly<Record<string, unknown>>): void {
    const entities = this.#liveEntities() ?? {};
    const known = new Set<string>();
    for (const [key, entity] of Object.entries(entities)) {
      if (!isStored(key)) continue;
      if (!Object.hasOwn(before, key) || before[key] !== entity) known.add(key);
      else if (this.#known.has(key)) delete entities[key];
    }
    this.#known = known;
  }
}
