import { PersistenceError } from "../errors/persistence-error.ts";
import type { LoggerOptions } from "../logger.ts";
import { freshNeighbour } from "../persistence/file-capabilities.ts";
import { StoredPersistence } from "../persistence/stored-persistence.ts";
import { host } from "../runtime/host.ts";
import { assertNames } from "./names.ts";
import { KeychainItem } from "./secret-stores/keychain-item.ts";
import { createSecretStore } from "./secret-stores/secret-store.ts";
import { createSignalFile } from "./secret-stores/signal-file.ts";
import { sha256Hex } from "./sha256-hex.ts";

/** What Python's extensions call the service unless told otherwise. */
const SERVICE = "msal-extensions";

/**
 * macOS: an item of the user's keychain. The file at the location holds no secret: it is touched whenever the
 * item changes, as the family does.
 */
export class KeychainPersistence extends StoredPersistence {
  readonly isEncrypted: boolean = true;
  readonly #service: string;
  readonly #account: string;

  private constructor(location: string, service: string, account: string, loggerOptions?: LoggerOptions) {
    const item = new KeychainItem(service, account);
    super({
      location,
      loggerOptions,
      fileOptions: { sync: false }, // it only signals
      adapt: (file) => {
        const signal = createSignalFile(file.store, host().runtime);
        return { ...file, store: createSecretStore(item, signal, file) };
      },
    });
    this.#service = service;
    this.#account = account;
  }

  /**
   * With service and account: the item that keytar, and so `@azure/msal-node-extensions`, has under these names.
   * Without: the one that Python's extensions have for this location (`msal-extensions`, the SHA-256 of the
   * location as hexadecimal text).
   *
   * @throws PersistenceError `not_supported` anywhere but on macOS, `bad_argument` for a name that is no text
   */
  static async create(
    fileLocation: string,
    serviceName?: string,
    accountName?: string,
    loggerOptions?: LoggerOptions,
  ): Promise<KeychainPersistence> {
    if (host().runtime.platform !== "darwin") throw new PersistenceError("not_supported", "The keychain is macOS's.");
    const service = serviceName ?? SERVICE;
    const account = accountName ?? (await sha256Hex(fileLocation));
    assertNames("The name of a service or an account", [service, account]);
    const persistence = new KeychainPersistence(fileLocation, service, account, loggerOptions);
    await persistence.prepare();
    return persistence;
  }

  override createForPersistenceValidation(): Promise<KeychainPersistence> {
    const location = freshNeighbour(this.getFilePath());
    const account = `${this.#account}.${host().runtime.paths.basename(location)}`;
    return KeychainPersistence.create(location, this.#service, account, this.loggerOptions);
  }
}
