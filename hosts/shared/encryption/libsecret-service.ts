import { PersistenceError } from "../errors.ts";
import { address, addressIn, type LibSecretCalls, NULL, POINTER_SIZE, ServiceFailure } from "./libsecret-calls.ts";

const OPEN_SESSION = 2;
const SERVICE_INTERFACE = "org.freedesktop.Secret.Service";
const SERVICE_PATH = "/org/freedesktop/secrets";
const NO_AUTO_START = 1;
const DEFAULT_TIMEOUT = -1;
const UNREADABLE = "The Secret Service has answered with a secret that cannot be decrypted.";

/** Paths of items: those whose secrets can be had, and the others. */
export interface FoundItems {
  readonly unlocked: readonly string[];
  readonly locked: readonly string[];
}

interface Connection {
  readonly service: Promise<bigint>;
  users: number;
}

/** What this process has of libsecret's: one connection and session for all. */
let current: Connection | undefined;

/** The service that keeps the items, by way of libsecret. Errors of `use` are `PersistenceError`s. */
export class LibSecretService {
  readonly #calls: LibSecretCalls;

  constructor(calls: LibSecretCalls) {
    this.#calls = calls;
  }

  /**
   * libsecret keeps one connection and session for the process. That the service has ended it learns in GLib's main loop only,
   * which does not run here: it would ask a service that is gone for ever. So where one that has answered before does not know us,
   * or is not there, the one that is there now is asked.
   *
   * @param work may be done twice: nothing here changes by that
   */
  async use<T>(work: (service: bigint) => Promise<T>): Promise<T> {
    const before = current;
    try {
      try {
        return await this.#with(this.#connection(), work);
      } catch (error) {
        if (before === undefined || !(error instanceof ServiceFailure && error.mayBeGone)) throw error;
      }
      return await this.#with(this.#connection(), work);
    } catch (error) {
      throw error instanceof ServiceFailure ? error.toPersistenceError() : error;
    }
  }

  #connection(): Connection {
    current ??= { service: this.#calls.attempt("secret_service_get_sync", [OPEN_SESSION]), users: 0 };
    return current;
  }

  async #with<T>(connection: Connection, work: (service: bigint) => Promise<T>): Promise<T> {
    connection.users += 1;
    try {
      return await work(await connection.service);
    } catch (error) {
      if (error instanceof ServiceFailure && error.mayBeGone) this.#giveUp(connection);
      throw error;
    } finally {
      connection.users -= 1;
      await this.#freeUnused(connection);
    }
  }

  #giveUp(connection: Connection): void {
    if (connection !== current) return;
    current = undefined;
    this.#calls.functions().secret_service_disconnect();
  }

  async #freeUnused(connection: Connection): Promise<void> {
    if (connection === current || connection.users > 0) return;
    const service = await connection.service.catch(() => NULL); // there never was one
    if (service !== NULL) this.#calls.functions().g_object_unref(service);
  }

  async search(service: bigint, schema: bigint, attributes: bigint): Promise<FoundItems> {
    const lists = [new Uint8Array(POINTER_SIZE), new Uint8Array(POINTER_SIZE)] as const;
    await this.#calls.attempt("secret_service_search_for_dbus_paths_sync", [service, schema, attributes], lists);
    const [unlocked, locked] = lists.map((list) => this.#calls.takeTexts(addressIn(list))) as [string[], string[]];
    return { unlocked, locked };
  }

  /** Asks the user, if need be. Whether it is unlocked afterwards shows when its secret is asked for. */
  async unlock(service: bigint, path: string): Promise<void> {
    const { g_strdup, g_free } = this.#calls.functions();
    const text = address(g_strdup(path));
    const paths = new Uint8Array(2 * POINTER_SIZE);
    new DataView(paths.buffer).setBigUint64(0, text, true);
    try {
      await this.#calls.attempt("secret_service_unlock_dbus_paths_sync", [service, paths], [NULL]);
    } finally {
      g_free(text);
    }
  }

  /**
   * Not by libsecret's own lookup: before 0.21.2 that never frees the service's answer
   * (secret-paths.c, `secret_service_get_secret_for_dbus_path_finish`), which is as long as the secret.
   *
   * @returns `undefined` where the item is gone or locked
   */
  async secretOf(service: bigint, path: string): Promise<Uint8Array | undefined> {
    const { secret_service_get_session_dbus_path, g_variant_unref } = this.#calls.functions();
    const session = this.#calls.textAt(address(secret_service_get_session_dbus_path(service)));
    const question = `([objectpath '${path}'], objectpath '${session}')`;
    const answer = await this.#ask(service, [SERVICE_PATH, SERVICE_INTERFACE, "GetSecrets"], question);
    try {
      return this.#firstSecretIn(service, answer);
    } finally {
      g_variant_unref(answer);
    }
  }

  async #ask(service: bigint, method: readonly [string, string, string], question: string): Promise<bigint> {
    const { g_dbus_proxy_get_connection, g_dbus_proxy_get_name, ...others } = this.#calls.functions();
    const parameters = address(others.g_variant_parse(NULL, question, NULL, NULL, NULL));
    const values = [g_dbus_proxy_get_connection(service), g_dbus_proxy_get_name(service), ...method];
    const how = [parameters, NULL, NO_AUTO_START, DEFAULT_TIMEOUT];
    try {
      return await this.#calls.attempt("g_dbus_connection_call_sync", [...values, ...how]);
    } finally {
      others.g_variant_unref(parameters);
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

  #withChild<T>(variant: bigint, index: number, use: (child: bigint) => T): T {
    const { g_variant_get_child_value, g_variant_unref } = this.#calls.functions();
    const child = address(g_variant_get_child_value(variant, index));
    try {
      return use(child);
    } finally {
      g_variant_unref(child);
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
