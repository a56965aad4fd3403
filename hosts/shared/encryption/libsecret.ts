import { PersistenceError } from "../errors.ts";
import type { ForeignFunctions, ForeignLibrary, ForeignSignature, ForeignValue } from "../foreign-functions.ts";
import type { SecretItem } from "./secret-item.ts";
import type { SecretEncoding } from "./secret-store.ts";
import { storeUnavailable } from "./store-unavailable.ts";

/** Which item: its schema's name, and attributes. */
export interface SecretName {
  readonly schema: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** What people see in a password manager. */
  readonly label?: string;
  /** The collection's alias or path; the user's default collection unless told otherwise. */
  readonly collection?: string;
  /** What is kept: the text, as by Python and Node, or its Base64, as by .NET and Java. `text` unless told otherwise. */
  readonly encoding?: SecretEncoding;
}

/** The service may be asking the user to unlock a collection meanwhile. D-Bus itself would wait 25 s, and a prompt for ever. */
const PATIENCE_MS = 20_000;
const GERROR_SIZE = 16;
const POINTER_SIZE = 8;
const SECRET_ERROR = "secret-error";
const ERROR_IS_LOCKED = 2;
const IO_ERROR = "g-io-error-quark";
const ERROR_CANCELLED = 19;
const SEARCH_ALL = 2;
const NULL = 0n;

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
} as const satisfies Record<string, ForeignSignature>;
const GLIB = {
  g_hash_table_new: { parameters: [pointer, pointer], result: pointer },
  g_hash_table_insert: { parameters: [pointer, pointer, pointer], result: "i32" },
  g_strdup: { parameters: ["string"], result: pointer },
  g_quark_to_string: { parameters: ["u32"], result: pointer },
  g_error_free: { parameters: [pointer], result: "void" },
  g_list_free: { parameters: [pointer], result: "void" },
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

interface LibSecretHost {
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

const LOCKED = "The Secret Service holds the item in a locked collection. Unlock it, then try again.";

/** A `GError`. */
interface Failure {
  readonly domain: string;
  readonly code: number;
  readonly reason: string;
}

/** Runtimes return 64 bits as a number where it fits. */
function address(value: unknown): bigint {
  return BigInt(value as number | bigint);
}

/** An item of the Secret Service, by way of libsecret, as the whole family has it. Calls run on a thread of their own. */
export class LibSecretItem implements SecretItem {
  readonly #host: LibSecretHost;
  readonly #name: SecretName;
  #handles: { readonly schema: bigint; readonly attributes: bigint } | undefined;

  constructor(host: LibSecretHost, name: SecretName) {
    this.#host = host;
    this.#name = name;
  }

  async read(): Promise<string | undefined> {
    const { secret, libc, readBytes } = load(this.#host);
    const { schema, attributes } = this.#connect();
    const found = await this.#call("secret_password_lookupv_sync", schema, attributes);
    if (found === NULL) return this.#missing(undefined);
    const bytes = readBytes(found, Number(libc.strlen(found)));
    secret.secret_password_free(found); // fills it with zeros first
    const text = new TextDecoder().decode(bytes);
    bytes.fill(0);
    return text;
  }

  async write(text: string): Promise<void> {
    const password = new TextEncoder().encode(`${text}\0`);
    const { collection = null, label = "" } = this.#name;
    const { schema, attributes } = this.#connect();
    try {
      await this.#call("secret_password_storev_sync", schema, attributes, collection, label, password);
    } finally {
      password.fill(0);
    }
  }

  async remove(): Promise<boolean> {
    const { schema, attributes } = this.#connect();
    const removed = (await this.#call("secret_password_clearv_sync", schema, attributes)) !== 0n;
    return removed || this.#missing(false);
  }

  beside(suffix: string): SecretItem {
    return new LibSecretItem(this.#host, { ...this.#name, schema: `${this.#name.schema}${suffix}` });
  }

  /** An item that is locked, and that nobody unlocks when asked, is not found either: without an error. */
  async #missing<T>(answer: T): Promise<T> {
    const { secret, glib, gobject, readBytes } = load(this.#host);
    const { schema, attributes } = this.#connect();
    const list = await this.#call("secret_service_search_sync", NULL, schema, attributes, SEARCH_ALL);
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

  /**
   * libsecret keeps one connection and session for the process. That the service has ended it learns in GLib's main loop only,
   * which does not run here: it would ask a service that is gone for ever. So where one that has answered before does not know us,
   * or is not there, the one that is there now is asked. Nothing here changes by being done twice.
   */
  async #call(name: Blocking, ...values: ForeignValue[]): Promise<bigint> {
    const wasThere = hasAnswered;
    const first = await this.#attempt(name, values);
    if (typeof first === "bigint") return first;
    if (isAnswer(first) || isOurs(first)) throw errorOf(first);
    load(this.#host).secret.secret_service_disconnect();
    hasAnswered = false;
    if (!wasThere) throw errorOf(first);
    const second = await this.#attempt(name, values);
    if (typeof second === "bigint") return second;
    throw errorOf(second);
  }

  async #attempt(name: Blocking, values: readonly ForeignValue[]): Promise<bigint | Failure> {
    const { secret, gio, gobject } = load(this.#host);
    const cancellable = address(gio.g_cancellable_new());
    const error = new Uint8Array(POINTER_SIZE);
    const timer = setTimeout(() => gio.g_cancellable_cancel(cancellable), PATIENCE_MS);
    try {
      const value = await secret[name](...values, cancellable, error);
      const failure = this.#failureAt(new DataView(error.buffer).getBigUint64(0, true));
      if (failure === undefined || isAnswer(failure)) hasAnswered = true;
      return failure ?? BigInt(value as number | bigint);
    } finally {
      clearTimeout(timer);
      gobject.g_object_unref(cancellable);
    }
  }

  /** Made once an item, and kept: a few hundred bytes. */
  #connect() {
    if (this.#handles === undefined) {
      const { secret, glib } = load(this.#host);
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

  #failureAt(error: bigint): Failure | undefined {
    if (error === NULL) return undefined;
    const { glib, readBytes } = load(this.#host);
    const fields = new DataView(readBytes(error, GERROR_SIZE).buffer);
    const domain = this.#textAt(address(glib.g_quark_to_string(fields.getUint32(0, true))));
    const code = fields.getInt32(4, true);
    const reason = this.#textAt(fields.getBigUint64(8, true));
    glib.g_error_free(error);
    return { domain, code, reason };
  }

  #textAt(at: bigint): string {
    const { libc, readBytes } = load(this.#host);
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
