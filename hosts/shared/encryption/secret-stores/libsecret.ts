import { PersistenceError } from "../../errors/persistence-error.ts";
import { address, LibSecretCalls, NULL, ServiceFailure } from "./libsecret-calls.ts";
import { LibSecretConnection } from "./libsecret-connection.ts";
import type { LibSecretHost } from "./libsecret-functions.ts";
import { type FoundItems, LibSecretService, refuseLocked } from "./libsecret-service.ts";
import type { SecretItem } from "./secret-item.ts";

/** Which item: its schema's name, and attributes. */
export interface SecretName {
  readonly schema: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** What people see in a password manager. */
  readonly label?: string | undefined;
  /** The collection's alias or path; the user's default collection unless told otherwise. */
  readonly collection?: string | undefined;
  /**
   * What is kept: the text, as by Python and Node, or its Base64, as by .NET and Java. `text` unless told otherwise.
   */
  readonly encoding?: "text" | "base64" | undefined;
}

const CONTENT_TYPE = "text/plain"; // what libsecret gives passwords
/** As it is: what is changed here would be stored changed by the next commit. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * An item of the Secret Service, by way of libsecret, as the whole family has it. Calls run on a thread of their own.
 */
export class LibSecretItem implements SecretItem {
  readonly #host: LibSecretHost;
  readonly #calls: LibSecretCalls;
  readonly #connection: LibSecretConnection;
  readonly #service: LibSecretService;
  readonly #name: SecretName;
  #hasStored = false;
  #handles: { readonly schema: bigint; readonly attributes: bigint } | undefined;

  constructor(host: LibSecretHost, name: SecretName) {
    this.#host = host;
    this.#calls = new LibSecretCalls(host);
    this.#connection = new LibSecretConnection(this.#calls);
    this.#service = new LibSecretService(this.#calls);
    this.#name = name;
  }

  async read(): Promise<string | undefined> {
    const bytes = await this.#connection.use((service) => this.#bytes(service));
    if (bytes === undefined) return undefined;
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw new PersistenceError("json_bad_utf8", "The item of the secret store is not UTF-8 text.", { cause });
    } finally {
      bytes.fill(0);
    }
  }

  /** Of the first item, as peers take it: an unlocked one, else one that the user unlocks. */
  async #bytes(service: bigint): Promise<Uint8Array | undefined> {
    const { unlocked, locked } = await this.#search(service);
    const path = unlocked[0] ?? locked[0];
    if (path === undefined) return undefined;
    if (unlocked.length === 0) await this.#service.unlock(service, path);
    const bytes = await this.#service.secretOf(service, path);
    if (bytes === undefined) await this.#search(service).then(refuseLocked); // or it is gone by now
    return bytes;
  }

  async write(text: string): Promise<void> {
    const { secret_value_new, secret_value_unref } = this.#calls.functions();
    const bytes = new TextEncoder().encode(text);
    // A copy, in memory that is not swapped out.
    const value = address(secret_value_new(bytes, bytes.length, CONTENT_TYPE));
    bytes.fill(0);
    try {
      await this.#connection.use((service) => this.#store(service, value));
    } finally {
      secret_value_unref(value); // fills it with zeros
    }
  }

  /** The first time as peers do, which gives the item its label. */
  async #store(service: bigint, value: bigint): Promise<void> {
    if (this.#hasStored && (await this.#overwrite(service, value))) return;
    const { schema, attributes } = this.#connect();
    const { collection, label } = this.#name;
    await this.#service.store(service, { schema, attributes, collection, label }, value);
    this.#hasStored = true;
  }

  /**
   * Storing an item makes GNOME Keyring write its file and wait for the disk twice, for the attributes and for the
   * secret, and that is most of what a commit takes. Setting the secret of an item that is there does it once. To look
   * first which one is there, and that it is the only one, makes sure that it is what storing would have replaced.
   *
   * @returns false: not done, store it
   */
  async #overwrite(service: bigint, value: bigint): Promise<boolean> {
    try {
      const { unlocked, locked } = await this.#search(service);
      const [path, ...others] = unlocked;
      if (path === undefined || others.length > 0 || locked.length > 0) return false; // storing can ask
      await this.#service.setSecret(service, path, value);
      return true;
    } catch (error) {
      if (error instanceof ServiceFailure) return false; // Removed, another service by now: storing says what is wrong.
      throw error;
    }
  }

  remove(): Promise<boolean> {
    return this.#connection.use(async (service) => {
      const found = await this.#search(service);
      if (found.unlocked.length === 0) refuseLocked(found);
      let removed = false;
      for (const path of found.unlocked) removed = (await this.#service.remove(service, path)) || removed;
      return removed;
    });
  }

  beside(suffix: string): SecretItem {
    return new LibSecretItem(this.#host, { ...this.#name, schema: `${this.#name.schema}${suffix}` });
  }

  #search(service: bigint): Promise<FoundItems> {
    const { schema, attributes } = this.#connect();
    return this.#service.search(service, schema, attributes);
  }

  /** Made once an item, and kept: a few hundred bytes. */
  #connect() {
    if (this.#handles === undefined) {
      const { g_strdup, g_hash_table_new, g_hash_table_insert, secret_schema_newv } = this.#calls.functions();
      const types = g_hash_table_new(NULL, NULL);
      const attributes = g_hash_table_new(NULL, NULL);
      for (const [key, value] of Object.entries(this.#name.attributes)) {
        const name = g_strdup(key);
        g_hash_table_insert(types, name, NULL); // 0: a string
        g_hash_table_insert(attributes, name, g_strdup(value));
      }
      const schema = secret_schema_newv(this.#name.schema, 0, types);
      this.#handles = { schema: address(schema), attributes: address(attributes) };
    }
    return this.#handles;
  }
}
