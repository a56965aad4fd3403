import { PersistenceError } from "../errors/persistence-error.ts";
import type { LoggerOptions } from "../logger.ts";
import { freshNeighbour } from "../persistence/file-capabilities.ts";
import { StoredPersistence } from "../persistence/stored-persistence.ts";
import { host } from "../runtime/host.ts";
import { createDpapiCipher } from "./ciphers/dpapi-cipher.ts";
import { DataProtectionScope } from "./data-protection-scope.ts";

const SCOPES: readonly string[] = Object.values(DataProtectionScope);

/** Windows: a file that DPAPI encrypts, the raw blob, as every member of the family has it. */
export class FilePersistenceWithDataProtection extends StoredPersistence {
  readonly isEncrypted: boolean = true;
  readonly #scope: DataProtectionScope;
  readonly #entropy: string | undefined;

  private constructor(location: string, scope: DataProtectionScope, entropy?: string, loggerOptions?: LoggerOptions) {
    const cipher = createDpapiCipher(host(), scope === DataProtectionScope.LocalMachine, entropy);
    super({ location, loggerOptions, adapt: (file) => ({ ...file, cipher }) });
    this.#scope = scope;
    this.#entropy = entropy;
  }

  /**
   * @param scope who can decrypt: this user, or every user of this machine
   * @param optionalEntropy a further secret, without which it cannot be decrypted either
   * @throws PersistenceError `not_supported` anywhere but on Windows, `bad_argument` for another
   *   scope, and entropy that is no text
   */
  static async create(
    fileLocation: string,
    scope: DataProtectionScope,
    optionalEntropy?: string,
    loggerOptions?: LoggerOptions,
  ): Promise<FilePersistenceWithDataProtection> {
    if (host().runtime.platform !== "win32") throw new PersistenceError("not_supported", "DPAPI is a part of Windows.");
    if (!SCOPES.includes(scope ?? DataProtectionScope.CurrentUser))
      throw new PersistenceError("bad_argument", `The scope must be one of ${SCOPES.join(", ")}.`);
    if (typeof (optionalEntropy ?? "") !== "string")
      throw new PersistenceError("bad_argument", "The optional entropy is text."); // of bytes it would be their numbers
    const persistence = new FilePersistenceWithDataProtection(fileLocation, scope, optionalEntropy, loggerOptions);
    await persistence.prepare();
    return persistence;
  }

  override createForPersistenceValidation(): Promise<FilePersistenceWithDataProtection> {
    const location = freshNeighbour(this.getFilePath());
    return FilePersistenceWithDataProtection.create(location, this.#scope, this.#entropy, this.loggerOptions);
  }
}
