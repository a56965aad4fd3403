import type { ForeignFunctions, ForeignLibrary, ForeignSignature } from "../../runtime/foreign-functions.ts";
import { NO_NATIVE_CALLS, storeUnavailable } from "../store-unavailable.ts";

/** An address as a number: some lie in structures, and C takes either. 64-bit only. */
const pointer = "u64" as const;
const nonblocking = true;
const SECRET = {
  secret_schema_newv: { parameters: ["string", "i32", pointer], result: pointer },
  secret_service_get_sync: { parameters: ["i32", pointer, "buffer"], result: pointer, nonblocking },
  secret_service_disconnect: { parameters: [], result: "void" },
  secret_service_get_session_dbus_path: { parameters: [pointer], result: pointer },
  secret_service_search_for_dbus_paths_sync: {
    parameters: [pointer, pointer, pointer, pointer, "buffer", "buffer", "buffer"],
    result: "i32",
    nonblocking,
  },
  secret_service_unlock_dbus_paths_sync: {
    parameters: [pointer, "buffer", pointer, pointer, "buffer"],
    result: "i32",
    nonblocking,
  },
  secret_service_store_sync: {
    parameters: [pointer, pointer, pointer, "string", "string", pointer, pointer, "buffer"],
    result: "i32",
    nonblocking,
  },
  secret_service_delete_item_dbus_path_sync: {
    parameters: [pointer, "string", pointer, "buffer"],
    result: "i32",
    nonblocking,
  },
  secret_service_decode_dbus_secret: { parameters: [pointer, pointer], result: pointer },
  secret_service_encode_dbus_secret: { parameters: [pointer, pointer], result: pointer },
  secret_value_new: { parameters: ["buffer", "i64", "string"], result: pointer },
  secret_value_get: { parameters: [pointer, "buffer"], result: pointer },
  secret_value_ref: { parameters: [pointer], result: pointer },
  secret_value_unref: { parameters: [pointer], result: "void" },
} as const satisfies Record<string, ForeignSignature>;
const GLIB = {
  g_hash_table_new: { parameters: [pointer, pointer], result: pointer },
  g_hash_table_insert: { parameters: [pointer, pointer, pointer], result: "i32" },
  g_strdup: { parameters: ["string"], result: pointer },
  g_quark_to_string: { parameters: ["u32"], result: pointer },
  g_error_free: { parameters: [pointer], result: "void" },
  g_free: { parameters: [pointer], result: "void" },
  g_strfreev: { parameters: [pointer], result: "void" },
  g_variant_parse: { parameters: [pointer, "string", pointer, pointer, pointer], result: pointer },
  g_variant_new_tuple: { parameters: ["buffer", "u64"], result: pointer },
  g_variant_ref_sink: { parameters: [pointer], result: pointer },
  g_variant_n_children: { parameters: [pointer], result: "u64" },
  g_variant_get_child_value: { parameters: [pointer, "u64"], result: pointer },
  g_variant_get_boolean: { parameters: [pointer], result: "i32" },
  g_variant_unref: { parameters: [pointer], result: "void" },
} as const satisfies Record<string, ForeignSignature>;
const GIO = {
  g_cancellable_new: { parameters: [], result: pointer },
  g_cancellable_cancel: { parameters: [pointer], result: "void" },
  g_dbus_proxy_get_connection: { parameters: [pointer], result: pointer },
  g_dbus_proxy_get_name: { parameters: [pointer], result: pointer },
  g_dbus_connection_call_sync: {
    parameters: [
      ...([pointer, pointer, "string", "string", "string"] as const), // which method of what, and whose
      ...([pointer, pointer, "i32", "i32", pointer, "buffer"] as const),
    ],
    result: pointer,
    nonblocking,
  },
} as const satisfies Record<string, ForeignSignature>;
const GOBJECT = {
  g_object_ref: { parameters: [pointer], result: pointer },
  g_object_unref: { parameters: [pointer], result: "void" },
} as const satisfies Record<string, ForeignSignature>;
const LIBC = { strlen: { parameters: [pointer], result: "i64" } } as const satisfies Record<string, ForeignSignature>;

type Signatures = typeof SECRET & typeof GLIB & typeof GIO & typeof GOBJECT & typeof LIBC;

/** What runs on a thread of its own, and can be cancelled. */
export type Blocking = keyof {
  [Name in keyof Signatures as Signatures[Name] extends { nonblocking: true } ? Name : never]: never;
};

export type LibSecretFunctions = ForeignLibrary<Signatures> & Pick<ForeignFunctions, "readBytes" | "blocks">;

export interface LibSecretHost {
  foreignFunctions(): ForeignFunctions;
}

let loaded: LibSecretFunctions | undefined;

/**
 * Those of the Secret Service alone. `secret_password_*` go to a file where `SECRET_BACKEND` or a sandbox says so,
 * and libsecret reads that file once a process: what another process saves would never be seen
 * (secret-file-collection.c, `on_load_contents`).
 */
export function libSecretFunctions(host: LibSecretHost): LibSecretFunctions {
  try {
    loaded ??= open(host.foreignFunctions());
    return loaded;
  } catch (cause) {
    const message = `libsecret cannot be used: the library libsecret-1.so.0 is not installed, or ${NO_NATIVE_CALLS}`;
    throw storeUnavailable(message, cause);
  }
}

function open(foreign: ForeignFunctions): LibSecretFunctions {
  return {
    ...foreign.open("libsecret-1.so.0", SECRET),
    ...foreign.open("libglib-2.0.so.0", GLIB),
    ...foreign.open("libgio-2.0.so.0", GIO),
    ...foreign.open("libgobject-2.0.so.0", GOBJECT),
    ...foreign.open(null, LIBC),
    readBytes: foreign.readBytes,
    blocks: foreign.blocks,
  };
}
