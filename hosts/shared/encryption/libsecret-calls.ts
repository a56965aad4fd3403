import { PersistenceError } from "../errors.ts";
import type { ForeignFunctions, ForeignLibrary, ForeignSignature, ForeignValue } from "../foreign-functions.ts";
import { storeUnavailable } from "./store-unavailable.ts";

/** The service may be asking the user to unlock a collection meanwhile. D-Bus itself would wait 25 s, and a prompt for ever. */
const PATIENCE_MS = 20_000;
const GERROR_SIZE = 16;
export const POINTER_SIZE = 8;
const SECRET_ERROR = "secret-error";
const ERROR_IS_LOCKED = 2;
const IO_ERROR = "g-io-error-quark";
const ERROR_CANCELLED = 19;
export const NULL = 0n;

/** An address as a number: some lie in structures, and C takes either. 64-bit only. */
const pointer = "u64" as const;
const nonblocking = true;
const FUNCTIONS = {
  secret_schema_newv: { parameters: ["string", "i32", pointer], result: pointer },
  secret_password_storev_sync: {
    parameters: [pointer, pointer, "string", "string", "buffer", pointer, "buffer"],
    result: "i32",
    nonblocking,
  },
  secret_password_lookupv_sync: { parameters: [pointer, pointer, pointer, "buffer"], result: pointer, nonblocking },
  secret_password_clearv_sync: { parameters: [pointer, pointer, pointer, "buffer"], result: "i32", nonblocking },
  secret_password_free: { parameters: [pointer], result: "void" },
  secret_service_search_sync: {
    parameters: [pointer, pointer, pointer, "i32", pointer, "buffer"],
    result: pointer,
    nonblocking,
  },
  secret_item_get_locked: { parameters: [pointer], result: "i32" },
  secret_service_disconnect: { parameters: [], result: "void" },
  secret_service_get_sync: { parameters: ["i32", pointer, "buffer"], result: pointer, nonblocking },
  secret_service_search_for_dbus_paths_sync: {
    parameters: [pointer, pointer, pointer, pointer, "buffer", "buffer", "buffer"],
    result: "i32",
    nonblocking,
  },
  secret_item_new_for_dbus_path_sync: {
    parameters: [pointer, "string", "i32", pointer, "buffer"],
    result: pointer,
    nonblocking,
  },
  secret_item_set_secret_sync: { parameters: [pointer, pointer, pointer, "buffer"], result: "i32", nonblocking },
  secret_value_new: { parameters: ["buffer", "i64", "string"], result: pointer },
  secret_value_unref: { parameters: [pointer], result: "void" },
} as const satisfies Record<string, ForeignSignature>;
const GLIB = {
  g_hash_table_new: { parameters: [pointer, pointer], result: pointer },
  g_hash_table_insert: { parameters: [pointer, pointer, pointer], result: "i32" },
  g_strdup: { parameters: ["string"], result: pointer },
  g_quark_to_string: { parameters: ["u32"], result: pointer },
  g_error_free: { parameters: [pointer], result: "void" },
  g_list_free: { parameters: [pointer], result: "void" },
  g_strfreev: { parameters: [pointer], result: "void" },
} as const satisfies Record<string, ForeignSignature>;
const GIO = {
  g_cancellable_new: { parameters: [], result: pointer },
  g_cancellable_cancel: { parameters: [pointer], result: "void" },
} as const satisfies Record<string, ForeignSignature>;
const GOBJECT = { g_object_unref: { parameters: [pointer], result: "void" } } as const satisfies Record<
  string,
  ForeignSignature
>;
const LIBC = { strlen: { parameters: [pointer], result: "i64" } } as const satisfies Record<string, ForeignSignature>;

export interface LibSecretHost {
  foreignFunctions(): ForeignFunctions;
}

interface Libraries {
  readonly readBytes: ForeignFunctions["readBytes"];
  readonly secret: ForeignLibrary<typeof FUNCTIONS>;
  readonly glib: ForeignLibrary<typeof GLIB>;
  readonly gio: ForeignLibrary<typeof GIO>;
  readonly gobject: ForeignLibrary<typeof GOBJECT>;
  readonly libc: ForeignLibrary<typeof LIBC>;
}

let loaded: Libraries | undefined;
/** The service has answered since libsecret connected to it. */
let hasAnswered = false;

function load(host: LibSecretHost): Libraries {
  try {
    if (loaded === undefined) {
      const foreign = host.foreignFunctions();
      loaded = {
        readBytes: foreign.readBytes,
        secret: foreign.open("libsecret-1.so.0", FUNCTIONS),
        glib: foreign.open("libglib-2.0.so.0", GLIB),
        gio: foreign.open("libgio-2.0.so.0", GIO),
        gobject: foreign.open("libgobject-2.0.so.0", GOBJECT),
        libc: foreign.open(null, LIBC),
      };
    }
    return loaded;
  } catch (cause) {
    const message =
      "libsecret cannot be used: the library libsecret-1.so.0 is not installed, or this runtime cannot call native functions " +
      "here (Node.js: install koffi; Deno: --allow-ffi).";
    throw storeUnavailable(message, cause);
  }
}

type Blocking = keyof {
  [Name in keyof typeof FUNCTIONS as (typeof FUNCTIONS)[Name] extends { nonblocking: true } ? Name : never]: never;
};

/** A `GError`. */
export interface Failure {
  readonly domain: string;
  readonly code: number;
  readonly reason: string;
}

/** Runtimes return 64 bits as a number where it fits. */
export function address(value: unknown): bigint {
  return BigInt(value as number | bigint);
}

/** Calls of libsecret, on a thread of their own. Errors are `PersistenceError`s. */
export class LibSecretCalls {
  readonly #host: LibSecretHost;

  constructor(host: LibSecretHost) {
    this.#host = host;
  }

  libraries(): Libraries {
    return load(this.#host);
  }

  /**
   * libsecret keeps one connection and session for the process. That the service has ended it learns in GLib's main loop only,
   * which does not run here: it would ask a service that is gone for ever. So where one that has answered before does not know us,
   * or is not there, the one that is there now is asked. Nothing here changes by being done twice.
   */
  async call(name: Blocking, ...values: ForeignValue[]): Promise<bigint> {
    const wasThere = hasAnswered;
    const first = await this.attempt(name, values);
    if (typeof first === "bigint") return first;
    if (isAnswer(first) || isOurs(first)) throw errorOf(first);
    this.libraries().secret.secret_service_disconnect();
    hasAnswered = false;
    if (!wasThere) throw errorOf(first);
    const second = await this.attempt(name, values);
    if (typeof second === "bigint") return second;
    throw errorOf(second);
  }

  /** @param outputs behind the cancellable, in front of the error */
  async attempt(
    name: Blocking,
    values: readonly ForeignValue[],
    outputs: readonly Uint8Array[] = [],
  ): Promise<bigint | Failure> {
    const { secret, gio, gobject } = this.libraries();
    const cancellable = address(gio.g_cancellable_new());
    const error = new Uint8Array(POINTER_SIZE);
    const timer = setTimeout(() => gio.g_cancellable_cancel(cancellable), PATIENCE_MS);
    try {
      const value = await secret[name](...values, cancellable, ...outputs, error);
      const failure = this.#failureAt(new DataView(error.buffer).getBigUint64(0, true));
      if (failure === undefined || isAnswer(failure)) hasAnswered = true;
      return failure ?? BigInt(value as number | bigint);
    } finally {
      clearTimeout(timer);
      gobject.g_object_unref(cancellable);
    }
  }

  #failureAt(error: bigint): Failure | undefined {
    if (error === NULL) return undefined;
    const { glib, readBytes } = this.libraries();
    const fields = new DataView(readBytes(error, GERROR_SIZE).buffer);
    const domain = this.textAt(address(glib.g_quark_to_string(fields.getUint32(0, true))));
    const code = fields.getInt32(4, true);
    const reason = this.textAt(fields.getBigUint64(8, true));
    glib.g_error_free(error);
    return { domain, code, reason };
  }

  /** Those of a list that ends with a null pointer. */
  textsAt(list: bigint): string[] {
    const { readBytes } = this.libraries();
    const texts: string[] = [];
    for (let at = list; ; at += BigInt(POINTER_SIZE)) {
      const text = new DataView(readBytes(at, POINTER_SIZE).buffer).getBigUint64(0, true);
      if (text === NULL) return texts;
      texts.push(this.textAt(text));
    }
  }

  textAt(at: bigint): string {
    const { libc, readBytes } = this.libraries();
    return new TextDecoder().decode(readBytes(at, Number(libc.strlen(at))));
  }
}

const isAnswer = ({ domain }: Failure) => domain === SECRET_ERROR;
const isOurs = ({ domain, code }: Failure) => domain === IO_ERROR && code === ERROR_CANCELLED;

function errorOf({ domain, code, reason }: Failure): PersistenceError {
  const isLocked = domain === SECRET_ERROR && code === ERROR_IS_LOCKED;
  const status = isLocked ? "secret_store_locked" : "secret_store_unavailable";
  return new PersistenceError(status, `The Secret Service cannot be used: ${reason} (${domain} ${code})`);
}
