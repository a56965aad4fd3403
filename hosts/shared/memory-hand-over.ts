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

/** Brings one token cache in MSAL's memory to the state of a document, and remembers which. */
export class MemoryHandOver {
  readonly #tokenCache: SerializableTokenCache;
  #document: string | undefined;
  /** Memory is no longer what the document was. */
  #stale = false;
  /** Keys that memory has from a document, or that a writer showed to be in memory. */
  #known = new Set<string>();

  constructor(tokenCache: SerializableTokenCache) {
    this.#tokenCache = tokenCache;
  }

  /** The document last handed over. */
  get document(): string | undefined {
    return this.#document;
  }

  serialize(): string {
    return this.#tokenCache.serialize();
  }

  /** Hands `document` over, unless memory is known to hold just that. */
  handOver(document: string): void {
    const again = document === this.#document && !this.#stale;
    if (again && this.#holdsAllKnown()) return;
    const keys = again ? this.#known : entityKeys(document);
    this.#removeGhosts(keys);
    this.#deserialize(document);
    this.#known = keys;
  }

  /** A writer has serialized `ours`: what it added is in memory, and a ghost once a document lacks it. */
  learn(ours: string): void {
    for (const key of entityKeys(ours)) this.#known.add(key);
    this.#stale = true;
  }

  /** Somebody has emptied memory since the last hand-over (msal-node's `overwriteCache` does, before it asks). */
  wasCleared(): boolean {
    if (this.#known.size === 0) return false;
    const entities = liveEntities(this.#tokenCache);
    const present = entities === undefined ? entityKeys(this.serialize()) : new Set(Object.keys(entities));
    for (const key of this.#known) if (present.has(key)) return false;
    return true;
  }

  /** Hands the last document over once more. */
  repeat(): void {
    if (this.#document !== undefined) this.#deserialize(this.#document);
  }

  #deserialize(document: string): void {
    // "" would do for msal-node, but JSON is what the interface asks for.
    this.#tokenCache.deserialize(document === "" ? "{}" : document);
    this.#document = document;
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
   * there), so an account that another process signed out would live on here. Without the live map the ghosts stay
   * in memory, but not in what is written: the base of a writer's changes is taken after the hand-over and has them too.
   */
  #removeGhosts(keys: ReadonlySet<string>): void {
    const entities = liveEntities(this.#tokenCache);
    if (entities === undefined) return;
    for (const key of this.#known) {
      if (!keys.has(key) && !NEVER_STORED.test(key)) delete entities[key];
    }
  }
}
