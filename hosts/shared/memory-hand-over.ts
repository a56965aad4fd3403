/** What MSAL offers of a token cache (its `ISerializableTokenCache`). */
export interface SerializableTokenCache {
  serialize(): string;
  deserialize(cache: string): void;
}

/** MSAL's `TokenCacheContext`, as far as a plugin looks at it. */
export interface CacheContext {
  readonly cacheHasChanged: boolean;
  readonly tokenCache: SerializableTokenCache;
}

const SECTIONS = ["Account", "IdToken", "AccessToken", "RefreshToken", "AppMetadata"] as const;

/** What MSAL keeps in the same map but never in a document. */
const NEVER_STORED = /^(authority-metadata|server-telemetry|throttling)/;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The keys of all entities of a document (JSON text that the core has accepted; "" is the empty document). */
export function entityKeys(document: string): Set<string> {
  const keys = new Set<string>();
  const sections: unknown = document === "" ? {} : JSON.parse(document);
  if (!isObject(sections)) return keys;
  for (const name of SECTIONS) {
    const section = sections[name];
    if (isObject(section)) for (const key of Object.keys(section)) keys.add(key);
  }
  return keys;
}

/** MSAL's live map from key to entity, where there is one: msal-node's `TokenCache` has it, the interface has not. */
function liveEntities(tokenCache: SerializableTokenCache): Record<string, unknown> | undefined {
  const { getKVStore } = tokenCache as { getKVStore?: unknown };
  if (typeof getKVStore !== "function") return undefined;
  const entities: unknown = getKVStore.call(tokenCache);
  return isObject(entities) ? entities : undefined;
}

/** A document that changes. Its text is made when it is asked for: to tell whether memory has it already takes none. */
export interface SharedDocument {
  /** Another object for each thing that it has been. */
  readonly revision: object;
  readonly text: string;
}

/** Brings one token cache in MSAL's memory to the state of a document, and remembers which. */
export class MemoryHandOver {
  readonly #tokenCache: SerializableTokenCache;
  #revision: object | undefined;
  /** What MSAL has read last, which `overwriteCache` lays over memory, and as which document. */
  #read = "";
  #readAs: object | undefined;
  /** Memory is no longer what the document was. */
  #stale = false;
  /** What a writer left in memory, for as long as no other document has been handed over: as MSAL serializes it, and as which document. */
  #written: { readonly serialized: string; readonly revision: object } | undefined;
  /** Keys in the live map, where there is one, that are there because of a document or a writer. */
  #known = new Set<string>();

  constructor(tokenCache: SerializableTokenCache) {
    this.#tokenCache = tokenCache;
  }

  /** Of the document last handed over. */
  get revision(): object | undefined {
    return this.#revision;
  }

  /** What memory was when a document had been handed over to it. */
  get handedOver(): string {
    return this.#written?.serialized ?? this.#read;
  }

  serialize(): string {
    return this.#tokenCache.serialize();
  }

  /** The same, of memory to which a document has just been handed over. What MSAL has serialized just so before it need not again. */
  serializeHandedOver(): string {
    return this.#written?.serialized ?? this.serialize();
  }

  /** Hands `document` over to a writer, unless memory is known to hold just that. */
  handOver(document: SharedDocument): void {
    const { revision } = document;
    if (revision !== this.#written?.revision) this.#written = undefined;
    const isThere = this.#written !== undefined || (revision === this.#revision && !this.#stale);
    if (isThere && this.#holdsAllKnown()) this.#revision = revision;
    else this.#bringTo(document);
  }

  /**
   * The same for a reader, who may be `overwriteCache`: that lays over memory, next, what MSAL has read last, and with it every token
   * that a writer has replaced since. So what a writer left must be read, too.
   */
  handOverToReader(document: SharedDocument): void {
    if (document.revision !== this.#readAs) this.#bringTo(document);
    this.handOver(document);
  }

  #bringTo(document: SharedDocument): void {
    const before = liveEntities(this.#tokenCache) ?? {};
    this.#deserialize(document.text, document.revision);
    this.#removeGhosts(before);
    this.#revision = document.revision;
  }

  /**
   * A writer has been at work: what it added is in memory, and a ghost once a document lacks it.
   *
   * @param serialized what `serialize` gave then
   * @param revision the document that memory holds with it, where that is known
   */
  learn(serialized: string, revision: object | undefined): void {
    this.#written = revision === undefined ? undefined : { serialized, revision };
    for (const key of Object.keys(liveEntities(this.#tokenCache) ?? {})) {
      if (!NEVER_STORED.test(key)) this.#known.add(key);
    }
    this.#stale = true;
  }

  /** Somebody has emptied memory since the last hand-over (msal-node's `overwriteCache` does, before it asks). */
  wasCleared(): boolean {
    const entities = liveEntities(this.#tokenCache);
    const present = entities === undefined ? entityKeys(this.serialize()) : new Set(Object.keys(entities));
    const known = entities === undefined ? entityKeys(this.handedOver) : this.#known;
    for (const key of known) if (present.has(key)) return false;
    return known.size > 0;
  }

  /** Brings memory back to what it was when a document was last handed over. */
  repeat(): void {
    if (this.#revision !== undefined) this.#deserialize(this.handedOver, undefined);
  }

  #deserialize(text: string, revision: object | undefined): void {
    // "" would do for msal-node, but JSON is what the interface asks for.
    this.#tokenCache.deserialize(text === "" ? "{}" : text);
    this.#read = text;
    this.#readAs = revision;
    this.#stale = false;
  }

  #holdsAllKnown(): boolean {
    const entities = liveEntities(this.#tokenCache);
    if (entities === undefined) return false;
    for (const key of this.#known) if (!Object.hasOwn(entities, key)) return false;
    return true;
  }

  /**
   * `deserialize` adds to memory and never removes (msal-node's `setInMemoryCache` spreads the document over what is
   * there), so an account that another process signed out would live on here. What was known before and is the same object still did
   * not come with the document: every entity of a document is a new one. (Reading the keys from the document instead takes as long as
   * MSAL takes to read it.) Without the live map the ghosts stay in memory, but not in what is written: the base of a
   * writer's changes is taken after the hand-over and has them too.
   */
  #removeGhosts(before: Readonly<Record<string, unknown>>): void {
    const entities = liveEntities(this.#tokenCache) ?? {};
    const known = new Set<string>();
    for (const [key, entity] of Object.entries(entities)) {
      if (NEVER_STORED.test(key)) continue;
      if (!Object.hasOwn(before, key) || before[key] !== entity) known.add(key);
      else if (this.#known.has(key)) delete entities[key];
    }
    this.#known = known;
  }
}
