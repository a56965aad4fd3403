import type { IPersistence } from "../shared/persistence.ts";
import { partsOf, TokenCacheStoreBase, type TokenCacheStoreOptions } from "../shared/token-cache-store.ts";
import { FilePersistence } from "./file-persistence.ts";

export class TokenCacheStore extends TokenCacheStoreBase {
  /**
   * @param cache where the cache is: the path of a plain file, created if it is missing, or a persistence of this package
   * @throws PersistenceError `not_supported` for any other persistence; or what the operating system refused
   */
  static async open(cache: string | IPersistence, options: TokenCacheStoreOptions = {}): Promise<TokenCacheStore> {
    const persistence = typeof cache === "string" ? await FilePersistence.create(cache) : cache;
    return new TokenCacheStore(partsOf(persistence, options));
  }
}
