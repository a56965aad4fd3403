import { PersistenceError } from "../errors.ts";
import { address, LibSecretCalls, type LibSecretHost, NULL, POINTER_SIZE } from "./libsecret-calls.ts";
import { OverwritableItem } from "./libsecret-overwriting.ts";
import type { SecretItem } from "./secret-item.ts";

/** Which item: its schema's name, and attributes. */
export interface SecretName {
  readonly schema: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** What people see in a password manager. */
  readonly label?: string | undefined;
  /** The collection's alias or path; the user's default collection unless told otherwise. */
  readonly collection?: string | undefined;
  /** What is kept: the text, as by Python and Node, or its Base64, as by .NET and Java. `text` unless told otherwise. */
  readonly encoding?: "text" | "base64" | undefined;
}

const SEARCH_ALL = 2;
/** As it is: what is changed here would be stored changed by the next commit. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LOCKED = "The Secret Service holds the item in a locked collection. Unlock it, then try again.";

/** An item of the Secret Service, by way of libsecret, as the whole family has it. Calls run on a thread of their own. */
export class LibSecretItem implements SecretItem {
  readonly #host: LibSecretHost;
  readonly #calls: LibSecretCalls;
  readonly #overwritable: OverwritableItem;
  readonly #name: SecretName;
  #handles: { readonly schema: bigint; readonly attributes: bigint } | undefined;

  constructor(host: LibSecretHost, name: SecretName) {
    this.#host = host;
    this.#calls = new LibSecretCalls(host);
    this.#overwritable = new OverwritableItem(this.#calls);
    this.#name = name;
  }

  async read(): Promise<string | undefined> {
    const { secret, libc, readBytes } = this.#calls.libraries();
    const { schema, attributes } = this.#connect();
    const found = await this.#calls.call("secret_password_lookupv_sync", schema, attributes);
    if (found === NULL) return this.#missing(undefined);
    const bytes = readBytes(found, Number(libc.strlen(found)));
    secret.secret_password_free(found); // fills it with zeros first
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw new PersistenceError("json_bad_utf8", "The item of the secret store is not UTF-8 text.", { cause });
    } finally {
      bytes.fill(0);
    }
  }

  async write(text: string): Promise<void> {
    const password = new TextEncoder().encode(`${text}\0`);
    const { collection = null, label = "" } = this.#name;
    const { schema, attributes } = this.#connect();
    try {
      if (await this.#overwritable.overwrite(schema, attributes, password)) return;
      await this.#calls.call("secret_password_storev_sync", schema, attributes, collection, label, password);
    } finally {
      password.fill(0);
    }
  }

  async remove(): Promise<boolean> {
    const { schema, attributes } = this.#connect();
    const removed = (await this.#calls.call("secret_password_clearv_sync", schema, attributes)) !== 0n;
    return removed || this.#missing(false);
  }

  beside(suffix: string): SecretItem {
    return new LibSecretItem(this.#host, { ...this.#name, schema: `${this.#name.schema}${suffix}` });
  }

  /** An item that is locked, and that nobody unlocks when asked, is not found either: without an error. */
  async #missing<T>(answer: T): Promise<T> {
    const { secret, glib, gobject, readBytes } = this.#calls.libraries();
    const { schema, attributes } = this.#connect();
    const list = await this.#calls.call("secret_service_search_sync", NULL, schema, attributes, SEARCH_ALL);
    let isLocked = false;
    for (let node = list; node !== NULL; ) {
      const fields = new DataView(readBytes(node, 2 * POINTER_SIZE).buffer);
      const item = fields.getBigUint64(0, true);
      if (secret.secret_item_get_locked(item)) isLocked = true;
      gobject.g_object_unref(item);
      node = fields.getBigUint64(POINTER_SIZE, true);
    }
    glib.g_list_free(list);
    if (isLocked) throw new PersistenceError("secret_store_locked", LOCKED);
    return answer;
  }

  /** Made once an item, and kept: a few hundred bytes. */
  #connect() {
    if (this.#handles === undefined) {
      const { secret, glib } = this.#calls.libraries();
      const copy = (text: string) => glib.g_strdup(text);
      const types = glib.g_hash_table_new(NULL, NULL);
      const attributes = glib.g_hash_table_new(NULL, NULL);
      for (const [key, value] of Object.entries(this.#name.attributes)) {
        const name = copy(key);
        glib.g_hash_table_insert(types, name, NULL); // 0: a string
        glib.g_hash_table_insert(attributes, name, copy(value));
      }
      const schema = secret.secret_schema_newv(this.#name.schema, 0, types);
      this.#handles = { schema: address(schema), attributes: address(attributes) };
    }
    return this.#handles;
  }
}
