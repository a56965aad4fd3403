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
