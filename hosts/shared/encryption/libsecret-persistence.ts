import type { Capabilities } from "../core/capabilities.ts";
import { PersistenceError } from "../errors/persistence-error.ts";
import type { LoggerOptions } from "../logger.ts";
import { freshNeighbour } from "../persistence/file-capabilities.ts";
import { StoredPersistence } from "../persistence/stored-persistence.ts";
import { host } from "../runtime/host.ts";
import { base64Cipher } from "./ciphers/base64-cipher.ts";
import { assertNames } from "./names.ts";
import { LibSecretItem, type SecretName } from "./secret-stores/libsecret.ts";
import { createSecretStore } from "./secret-stores/secret-store.ts";
import { createSignalFile } from "./secret-stores/signal-file.ts";

const ENCODINGS: readonly SecretName["encoding"][] = ["text", "base64"];

/** keytar's, for the items of the Node peer. */
const GENERIC_SCHEMA = "org.freedesktop.Secret.Generic";

/**
 * An item of the Secret Service (GNOME Keyring, KWallet, KeePassXC). The file at `location` holds no secret: it is
 * touched whenever the item changes, as the family does.
 */
export class LibSecretPersistence extends StoredPersistence {
  readonly isEncrypted: boolean = true;
  readonly #name: SecretName;

  private constructor(location: string, name: SecretName, loggerOptions?: LoggerOptions) {
    const item = new LibSecretItem(host(), name);
    const adapt = (file: Capabilities) => {
      const signal = createSignalFile(file.store, host().runtime);
      const store = createSecretStore(item, signal, file);
      return { ...file, store, cipher: name.encoding === "base64" ? base64Cipher : undefined };
    };
    super({ location, loggerOptions, fileOptions: { sync: false }, adapt }); // the file only signals
    this.#name = name;
  }

  /** The item that `@azure/msal-node-extensions` and keytar have under this service and account. */
  static async create(
    fileLocation: string,
    serviceName: string,
    accountName: string,
    loggerOptions?: LoggerOptions,
  ): Promise<LibSecretPersistence> {
    assertNames("The name of a service or an account", [serviceName, accountName]);
    const attributes = { service: serviceName, account: accountName };
    const name = { schema: GENERIC_SCHEMA, attributes, label: `${serviceName}/${accountName}` };
    return LibSecretPersistence.createForItem(fileLocation, name, loggerOptions);
  }

  /**
   * Any item. Python's: schema the SHA-256 of the location as hexadecimal text, no attributes. .NET's and Java's: the
   * schema, the collection and the two attributes that their application sets (`MsalClientID`,
   * `Microsoft.Developer.IdentityService`), `encoding` `base64`.
   *
   * @throws PersistenceError `not_supported` anywhere but on Linux, `bad_argument` for a name that is no text, and an
   *   encoding that is none of these
   */
  static async createForItem(
    fileLocation: string,
    name: SecretName,
    loggerOptions?: LoggerOptions,
  ): Promise<LibSecretPersistence> {
    if (host().runtime.platform !== "linux")
      throw new PersistenceError("not_supported", "The Secret Service is Linux's.");
    assertItem(name);
    const persistence = new LibSecretPersistence(fileLocation, name, loggerOptions);
    await persistence.prepare();
    return persistence;
  }

  override createForPersistenceValidation(): Promise<LibSecretPersistence> {
    const location = freshNeighbour(this.getFilePath());
    const schema = `${this.#name.schema}.${host().runtime.paths.basename(location)}`;
    const name = { ...this.#name, schema, label: "msal-extensions trial" };
    return LibSecretPersistence.createForItem(location, name, this.loggerOptions);
  }
}

function assertItem(name: SecretName): void {
  const { schema, attributes, label = "", collection = "", encoding }: Partial<SecretName> = name ?? {};
  const values =
    typeof attributes === "object" && attributes !== null ? Object.entries(attributes).flat() : [undefined];
  assertNames("The name of an item (schema, attributes, label, collection)", [schema, label, collection, ...values]);
  if (!ENCODINGS.includes(encoding ?? "text"))
    throw new PersistenceError("bad_argument", `encoding must be ${ENCODINGS.map((one) => `"${one}"`).join(" or ")}.`);
}
