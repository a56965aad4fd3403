import type { LoggerOptions } from "../logger.ts";
import { freshNeighbour } from "../persistence/file-capabilities.ts";
import { StoredPersistence } from "../persistence/stored-persistence.ts";
import { loadJose } from "./ciphers/jose.ts";
import { createJweCipher, type KeySource } from "./ciphers/jwe-cipher.ts";
import { type SuppliedKey, suppliedKey } from "./keys/supplied-key.ts";

/** A file encrypted with a key that the application supplies, as a compact JWE (`dir`, `A256GCM`). Works anywhere. */
export class FilePersistenceWithKey extends StoredPersistence {
  readonly isEncrypted: boolean = true;
  readonly #keys: KeySource;

  private constructor(location: string, keys: KeySource, loggerOptions?: LoggerOptions) {
    const cipher = createJweCipher(keys);
    super({ location, loggerOptions, adapt: (file) => ({ ...file, cipher }) });
    this.#keys = keys;
  }

  /**
   * @param key 32 bytes, or a function that fetches them: called on first use, and again when the key does not fit
   * @throws PersistenceError `bad_key`, or what the operating system refused
   */
  static create(location: string, key: SuppliedKey, loggerOptions?: LoggerOptions): Promise<FilePersistenceWithKey> {
    return FilePersistenceWithKey.#prepared(location, () => suppliedKey(key), loggerOptions);
  }

  static async #prepared(location: string, keys: () => KeySource, loggerOptions?: LoggerOptions) {
    const persistence = new FilePersistenceWithKey(location, keys(), loggerOptions);
    await Promise.all([persistence.prepare(), loadJose()]);
    return persistence;
  }

  override createForPersistenceValidation(): Promise<FilePersistenceWithKey> {
    return FilePersistenceWithKey.#prepared(freshNeighbour(this.getFilePath()), () => this.#keys, this.loggerOptions);
  }
}
