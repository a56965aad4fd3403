import { type LibSecretCalls, NULL, ServiceFailure } from "./libsecret-calls.ts";

const OPEN_SESSION = 2;

interface Connection {
  readonly service: Promise<bigint>;
  users: number;
}

/** What this process has of libsecret's: one connection and session for all. */
let current: Connection | undefined;

/** The way to the service that keeps the items. Errors of `use` are `PersistenceError`s. */
export class LibSecretConnection {
  readonly #calls: LibSecretCalls;

  constructor(calls: LibSecretCalls) {
    this.#calls = calls;
  }

  /**
   * libsecret keeps one connection and session for the process. That the service has ended it learns in GLib's main
   * loop only, which does not run here: it would ask a service that is gone for ever. So where one that has answered
   * before does not know us, or is not there, the one that is there now is asked.
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
      return await work(await this.#made(connection));
    } catch (error) {
      if (error instanceof ServiceFailure && error.mayBeGone) this.#giveUp(connection);
      throw error;
    } finally {
      connection.users -= 1;
      await this.#freeUnused(connection);
    }
  }

  /** What was not made in time, say, is made anew for the next who asks. */
  #made(connection: Connection): Promise<bigint> {
    return connection.service.catch((error: unknown) => {
      this.#giveUp(connection);
      throw error;
    });
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
}
