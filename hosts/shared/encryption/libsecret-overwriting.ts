import { SerialQueue } from "../serial-queue.ts";
import { address, type LibSecretCalls, NULL, POINTER_SIZE } from "./libsecret-calls.ts";

const OPEN_SESSION = 2;
const CONTENT_TYPE = "text/plain"; // what libsecret gives passwords

interface Found {
  readonly path: string;
  readonly item: bigint;
}

/**
 * Storing an item makes GNOME Keyring write its file and wait for the disk twice, for the attributes and for the secret, and that is most of
 * what a commit takes. Setting the secret of an item that is there does it once. To look first which one is there, and that it is
 * the only one, makes sure that it is what storing would have replaced.
 */
export class OverwritableItem {
  readonly #calls: LibSecretCalls;
  /** Nothing is given up that another call still uses. */
  readonly #queue = new SerialQueue();
  #writes = 0;
  #service: bigint | undefined;
  #found: Found | undefined;

  constructor(calls: LibSecretCalls) {
    this.#calls = calls;
  }

  /**
   * @param password ends with a zero byte
   * @returns false: not done, store it. So is the first, because to get hold of the item takes what overwriting it saves.
   */
  overwrite(schema: bigint, attributes: bigint, password: Uint8Array): Promise<boolean> {
    return this.#queue.run(() => this.#overwrite(schema, attributes, password));
  }

  async #overwrite(schema: bigint, attributes: bigint, password: Uint8Array): Promise<boolean> {
    this.#writes += 1;
    const item = this.#writes > 1 && (await this.#itemOf(schema, attributes));
    if (item && (await this.#set(item, password))) return true;
    this.#forget(); // Locked, removed, another service by now: storing can ask, and says what is wrong.
    return false;
  }

  async #itemOf(schema: bigint, attributes: bigint): Promise<bigint | undefined> {
    this.#service ??= await this.#try("secret_service_get_sync", [OPEN_SESSION]);
    if (this.#service === undefined) return undefined;
    const path = await this.#onlyPath(this.#service, schema, attributes);
    if (path === undefined) return undefined;
    if (path !== this.#found?.path) {
      this.#unref(this.#found?.item);
      const item = await this.#try("secret_item_new_for_dbus_path_sync", [this.#service, path, 0]);
      this.#found = item === undefined ? undefined : { path, item };
    }
    return this.#found?.item;
  }

  async #set(item: bigint, password: Uint8Array): Promise<boolean> {
    const { secret } = this.#calls.libraries();
    const value = address(secret.secret_value_new(password, password.length - 1, CONTENT_TYPE));
    const done = await this.#try("secret_item_set_secret_sync", [item, value]);
    secret.secret_value_unref(value); // fills it with zeros
    return done !== undefined;
  }

  /** `undefined`: none, several, or a locked one. */
  async #onlyPath(service: bigint, schema: bigint, attributes: bigint): Promise<string | undefined> {
    const { glib } = this.#calls.libraries();
    const lists = [new Uint8Array(POINTER_SIZE), new Uint8Array(POINTER_SIZE)] as const;
    const values = [service, schema, attributes];
    if ((await this.#try("secret_service_search_for_dbus_paths_sync", values, lists)) === undefined) return undefined;
    const [unlocked, locked] = lists.map((list) => new DataView(list.buffer).getBigUint64(0, true)) as [bigint, bigint];
    const paths = this.#calls.textsAt(unlocked);
    const others = this.#calls.textsAt(locked);
    glib.g_strfreev(unlocked);
    glib.g_strfreev(locked);
    return paths.length === 1 && others.length === 0 ? paths[0] : undefined;
  }

  /** `undefined` where it failed. */
  async #try(...given: Parameters<LibSecretCalls["attempt"]>): Promise<bigint | undefined> {
    const outcome = await this.#calls.attempt(...given);
    return typeof outcome === "bigint" && outcome !== NULL ? outcome : undefined;
  }

  #forget(): void {
    this.#unref(this.#found?.item);
    this.#unref(this.#service);
    this.#found = this.#service = undefined;
  }

  #unref(object: bigint | undefined): void {
    if (object !== undefined) this.#calls.libraries().gobject.g_object_unref(object);
  }
}
