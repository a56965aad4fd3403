import type { Cipher } from "../../core/capabilities.ts";
import { PersistenceError } from "../../errors/persistence-error.ts";
import { fromBase64, toBase64 } from "../../values/base64.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Encrypts nothing: .NET and Java keep the Base64 of a cache in the items of a secret store, which does. */
export const base64Cipher: Cipher = {
  protect: (content) => encoder.encode(toBase64(content)),
  unprotect(content) {
    try {
      return fromBase64(decoder.decode(content));
    } catch {
      // Its text is not ours to tell.
      throw new PersistenceError("unprotect_failed", "The item of the secret store is not Base64.");
    }
  },
};
