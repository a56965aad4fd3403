import { PersistenceError } from "../../errors/persistence-error.ts";
import { address, addressIn, type LibSecretCalls, NULL, POINTER_SIZE } from "./libsecret-calls.ts";

const SERVICE_PATH = "/org/freedesktop/secrets";
const NO_AUTO_START = 1;
const DEFAULT_TIMEOUT = -1;
const UNREADABLE = "The Secret Service has answered with a secret that cannot be decrypted.";
const LOCKED = "The Secret Service holds the item in a locked collection. Unlock it, then try again.";

/** Paths of items: those whose secrets can be had, and the others. */
export interface FoundItems {
  readonly unlocked: readonly string[];
  readonly locked: readonly string[];
}

/** As libsecret names an item. Where it is to be, and what people see. */
export interface ItemToStore {
  readonly schema: bigint;
  readonly attributes: bigint;
  readonly collection?: string | undefined;
  readonly label?: string | undefined;
}

export function refuseLocked({ locked }: FoundItems): void {
  if (locked.length > 0) throw new PersistenceError("secret_store_locked", LOCKED);
}

/** What the service that keeps the items can be asked for, by way of libsecret. */
export class LibSecretService {
  readonly #calls: LibSecretCalls;

  constructor(calls: LibSecretCalls) {
    this.#calls = calls;
  }

  async search(service: bigint, schema: bigint, attributes: bigint): Promise<FoundItems> {
    const lists = [new Uint8Array(POINTER_SIZE), new Uint8Array(POINTER_SIZE)] as const;
    await this.#calls.attempt("secret_service_search_for_dbus_paths_sync", [service, schema, attributes], lists);
    const [unlocked, locked] = lists.map((list) => this.#calls.takeTexts(addressIn(list))) as [string[], string[]];
    return { unlocked, locked };
  }

  /**
   * Asks the user, if need be and that may be. Whether it is unlocked afterwards shows when its secret is asked for.
   */
  unlock(service: bigint, path: string): Promise<void> {
    return this.#asking(service, async () => {
      if (!this.#calls.mayAsk) return;
      const { g_strdup, g_free } = this.#calls.functions();
      const text = address(g_strdup(path));
      const paths = new Uint8Array(2 * POINTER_SIZE); // the second is the null pointer that ends them
      new DataView(paths.buffer).setBigUint64(0, text, true);
      try {
        await this.#calls.attempt("secret_service_unlock_dbus_paths_sync", [service, paths], [NULL]);
      } finally {
        g_free(text);
      }
    });
  }

  /** What is locked is unlocked first, if the user may be asked. */
  store(service: bigint, item: ItemToStore, value: bigint): Promise<void> {
    const { schema, attributes, collection = "default", label = "" } = item;
    const path = collection.includes("/") ? collection : `${SERVICE_PATH}/aliases/${collection}`; // as libsecret has it
    const values = [service, schema, attributes, path, label, value];
    const { secret_value_ref, secret_value_unref } = this.#calls.functions();
    secret_value_ref(value);
    return this.#asking(service, async () => {
      try {
        if (!this.#calls.mayAsk) await this.#refuseLockedCollection(service, path);
        await this.#calls.attempt("secret_service_store_sync", values);
      } finally {
        secret_value_unref(value);
      }
    });
  }

  /** @returns false where the user, asked, did not want it */
  remove(service: bigint, path: string): Promise<boolean> {
    return this.#asking(service, async () => {
      return (await this.#calls.attempt("secret_service_delete_item_dbus_path_sync", [service, path])) !== NULL;
    });
  }

  /** The work may outlast the operation that waits for it, and has a reference of its own. */
  #asking<T>(service: bigint, work: () => Promise<T>): Promise<T> {
    const { g_object_ref, g_object_unref } = this.#calls.functions();
    g_object_ref(service);
    return this.#calls.asking(() => work().finally(() => g_object_unref(service)));
  }

  async #refuseLockedCollection(service: bigint, collection: string): Promise<void> {
    const { g_variant_get_boolean } = this.#calls.functions();
    const method = [collection, "org.freedesktop.DBus.Properties", "Get"] as const;
    const property = this.#parsed("('org.freedesktop.Secret.Collection', 'Locked')");
    await this.#ask(service, method, property, (answer) => {
      const isLocked = this.#withChild(answer, 0, (boxed) => this.#withChild(boxed, 0, g_variant_get_boolean));
      if (isLocked) throw new PersistenceError("secret_store_locked", LOCKED);
    });
  }

  /**
   * Not by libsecret's own lookup: before 0.21.2 that never frees the service's answer
   * (secret-paths.c, `secret_service_get_secret_for_dbus_path_finish`), which is as long as the secret.
   *
   * @returns `undefined` where the item is gone or locked
   */
  async secretOf(service: bigint, path: string): Promise<Uint8Array | undefined> {
    const { secret_service_get_session_dbus_path } = this.#calls.functions();
    const session = this.#calls.textAt(address(secret_service_get_session_dbus_path(service)));
    const question = this.#parsed(`([objectpath '${path}'], objectpath '${session}')`);
    const method = [SERVICE_PATH, "org.freedesktop.Secret.Service", "GetSecrets"] as const;
    return this.#ask(service, method, question, (answer) => this.#firstSecretIn(service, answer));
  }

  /**
   * Not by libsecret's item either: that keeps the secret in memory for as long as it lives
   * (secret-item.c, `on_item_set_secret`).
   */
  async setSecret(service: bigint, path: string, value: bigint): Promise<void> {
    const { secret_service_encode_dbus_secret, g_variant_new_tuple, g_variant_ref_sink } = this.#calls.functions();
    const only = new Uint8Array(POINTER_SIZE);
    const encoded = address(secret_service_encode_dbus_secret(service, value));
    new DataView(only.buffer).setBigUint64(0, encoded, true);
    const question = address(g_variant_ref_sink(g_variant_new_tuple(only, 1)));
    await this.#ask(service, [path, "org.freedesktop.Secret.Item", "SetSecret"], question, () => undefined);
  }

  /** @param text as GLib writes variants */
  #parsed(text: string): bigint {
    return address(this.#calls.functions().g_variant_parse(NULL, text, NULL, NULL, NULL));
  }

  /**
   * @param method of which object and interface
   * @param question is freed
   */
  async #ask<T>(
    service: bigint,
    method: readonly [string, string, string],
    question: bigint,
    read: (answer: bigint) => T,
  ): Promise<T> {
    const { g_dbus_proxy_get_connection, g_dbus_proxy_get_name, g_variant_unref } = this.#calls.functions();
    const values = [g_dbus_proxy_get_connection(service), g_dbus_proxy_get_name(service), ...method];
    const how = [question, NULL, NO_AUTO_START, DEFAULT_TIMEOUT];
    try {
      return this.#reading(await this.#calls.attempt("g_dbus_connection_call_sync", [...values, ...how]), read);
    } finally {
      g_variant_unref(question);
    }
  }

  /** @param answer `(a{o(oayays)})` */
  #firstSecretIn(service: bigint, answer: bigint): Uint8Array | undefined {
    const { g_variant_n_children } = this.#calls.functions();
    return this.#withChild(answer, 0, (secrets) => {
      if (address(g_variant_n_children(secrets)) === 0n) return undefined;
      return this.#withChild(secrets, 0, (entry) =>
        this.#withChild(entry, 1, (secret) => this.#decoded(service, secret)),
      );
    });
  }

  #withChild<T>(variant: bigint, index: number, read: (child: bigint) => T): T {
    return this.#reading(address(this.#calls.functions().g_variant_get_child_value(variant, index)), read);
  }

  #reading<T>(variant: bigint, read: (variant: bigint) => T): T {
    try {
      return read(variant);
    } finally {
      this.#calls.functions().g_variant_unref(variant);
    }
  }

  #decoded(service: bigint, secret: bigint): Uint8Array {
    const { readBytes, ...functions } = this.#calls.functions();
    const value = address(functions.secret_service_decode_dbus_secret(service, secret));
    if (value === NULL) throw new PersistenceError("secret_store_unavailable", UNREADABLE);
    const length = new Uint8Array(POINTER_SIZE);
    const start = address(functions.secret_value_get(value, length));
    try {
      return readBytes(start, Number(addressIn(length)));
    } finally {
      functions.secret_value_unref(value); // fills it with zeros
    }
  }
}
