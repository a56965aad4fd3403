import { PersistenceError } from "../../errors/persistence-error.ts";
import { host } from "../../runtime/host.ts";
import { loadPackage } from "../../runtime/load-package.ts";
import { storeUnavailable } from "../store-unavailable.ts";
import type { SecretItem } from "./secret-item.ts";

/** The part of @napi-rs/keyring that is used. It is an optional dependency, so its own types may be missing. */
interface Keyring {
  readonly AsyncEntry: new (service: string, account: string) => Entry;
}

interface Entry {
  getPassword(): Promise<string | null | undefined>;
  setPassword(password: string): Promise<void>;
  deletePassword(): Promise<unknown>;
}

const NOT_INSTALLED =
  "The keychain cannot be used: @napi-rs/keyring, an optional dependency, is not installed for this platform.";

/** A generic password of the user's keychain, by service and account. */
export class KeychainItem implements SecretItem {
  readonly #service: string;
  readonly #account: string;

  constructor(service: string, account: string) {
    this.#service = service;
    this.#account = account;
  }

  async read(): Promise<string | undefined> {
    return (await this.#call((entry) => entry.getPassword())) ?? undefined;
  }

  async write(text: string): Promise<void> {
    await this.#call((entry) => entry.setPassword(text));
  }

  async remove(): Promise<boolean> {
    if ((await this.read()) === undefined) return false;
    await this.#call((entry) => entry.deletePassword());
    return true;
  }

  beside(suffix: string): SecretItem {
    return new KeychainItem(this.#service, this.#account + suffix);
  }

  async #call<T>(use: (entry: Entry) => Promise<T>): Promise<T> {
    const { AsyncEntry } = await load();
    try {
      return await use(new AsyncEntry(this.#service, this.#account));
    } catch (cause) {
      throw new PersistenceError("secret_store_unavailable", "The keychain refused the item.", { cause });
    }
  }
}

async function load(): Promise<Keyring> {
  try {
    host().assertNativeCode();
    return await loadPackage("@napi-rs/keyring", async () => (await host().keyring()) as Keyring);
  } catch (cause) {
    throw storeUnavailable(NOT_INSTALLED, cause);
  }
}
