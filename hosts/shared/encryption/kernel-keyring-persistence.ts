import type { Capabilities } from "../core/capabilities.ts";
import { PersistenceError } from "../errors/persistence-error.ts";
import type { LoggerOptions } from "../logger.ts";
import { absoluteLocation, freshNeighbour } from "../persistence/file-capabilities.ts";
import { recoverUndecryptable } from "../persistence/recovery.ts";
import { StoredPersistence } from "../persistence/stored-persistence.ts";
import { host } from "../runtime/host.ts";
import { loadJose } from "./ciphers/jose.ts";
import { createJweCipher } from "./ciphers/jwe-cipher.ts";
import { KernelKeyring } from "./keys/kernel-keyring.ts";
import { assertNames } from "./names.ts";

/**
 * Linux without a desktop session: the cache in a file, a compact JWE, and its key in the kernel keyring. A cache that
 * Go's azidentity/cache began (the file and its key have the same name there) is shared with it, in Go's form.
 *
 * The key does not survive a reboot. What it encrypted then counts as never saved, and is set
 * aside when something is saved.
 */
export class KernelKeyringPersistence extends StoredPersistence {
  readonly isEncrypted: boolean = true;
  readonly #keyring: KernelKeyring;
  /** Its key goes with it. A cache's own key stays: others of the same name may use it. */
  readonly #isTrial: boolean;

  private constructor(location: string, keyName: string, loggerOptions?: LoggerOptions, isTrial = false) {
    const keyring = new KernelKeyring(host(), keyName);
    const cipher = createJweCipher(keyring);
    const adapt = (file: Capabilities) => recoverUndecryptable({ ...file, cipher }, ["key_not_found"]);
    super({ location, loggerOptions, adapt });
    this.#keyring = keyring;
    this.#isTrial = isTrial;
  }

  /**
   * @param keyName what the key is called in the keyring; the file's name unless told otherwise
   * @throws PersistenceError `not_supported` anywhere but on Linux; what the operating system refused. The keyring is
   *   first asked when the cache is.
   */
  static async create(
    fileLocation: string,
    keyName?: string,
    loggerOptions?: LoggerOptions,
  ): Promise<KernelKeyringPersistence> {
    if (host().runtime.platform !== "linux")
      throw new PersistenceError("not_supported", "The kernel keyring is Linux's.");
    const name = keyName ?? host().runtime.paths.basename(absoluteLocation(fileLocation));
    assertNames("The name of a key", [name]);
    const persistence = new KernelKeyringPersistence(fileLocation, name, loggerOptions);
    await Promise.all([persistence.prepare(), loadJose()]);
    return persistence;
  }

  override async delete(): Promise<boolean> {
    const removed = await super.delete();
    if (this.#isTrial) this.#keyring.remove();
    return removed;
  }

  override async createForPersistenceValidation(): Promise<KernelKeyringPersistence> {
    const location = freshNeighbour(this.getFilePath());
    const name = host().runtime.paths.basename(location);
    return new KernelKeyringPersistence(location, name, this.loggerOptions, true);
  }
}
