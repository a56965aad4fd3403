import { PersistenceError } from "../../errors/persistence-error.ts";
import { asBytes } from "../../values/as-bytes.ts";
import { type ContentKey, KEY_BYTES, type KeySource } from "../ciphers/jwe-cipher.ts";

/** 32 bytes, or a function that fetches them (from a vault, say). */
export type SuppliedKey = Uint8Array | (() => Uint8Array | Promise<Uint8Array>);

/** A function is called on first use, and once more when the key it gave does not fit: keys are rotated. */
export function suppliedKey(key: SuppliedKey): KeySource {
  if (typeof key !== "function") {
    const given = checked(key);
    return { forProtecting: () => given, forUnprotecting: () => given };
  }

  let fetched: Promise<ContentKey> | undefined;
  const fetchKey = () => {
    fetched ??= call(key).catch((error: unknown) => {
      fetched = undefined;
      throw error;
    });
    return fetched;
  };

  return {
    prepare: fetchKey,
    forProtecting: fetchKey,
    forUnprotecting(fresh) {
      if (fresh) fetched = undefined;
      return fetchKey();
    },
  };
}

async function call(fetchKey: () => Uint8Array | Promise<Uint8Array>): Promise<ContentKey> {
  let bytes: Uint8Array;
  try {
    bytes = await fetchKey();
  } catch (cause) {
    throw new PersistenceError("key_unavailable", undefined, { cause });
  }
  return checked(bytes);
}

function checked(bytes: unknown): ContentKey {
  const key = asBytes(bytes);
  if (key?.length !== KEY_BYTES) throw new PersistenceError("bad_key");
  return { bytes: new Uint8Array(key) }; // a copy, of a Buffer too, whose slice() is a view
}
