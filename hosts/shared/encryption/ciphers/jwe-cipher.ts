import type { Awaitable, Cipher } from "../../core/capabilities.ts";
import { PersistenceError } from "../../errors/persistence-error.ts";
import { behindBlanks } from "../../persistence/nothing-saved.ts";
import { openGoJwe, sealGoJwe } from "./go-jwe.ts";
import { loadJose } from "./jose.ts";

export interface ContentKey {
  readonly bytes: Uint8Array;
  /** Goes into the header, in the clear. */
  readonly id?: string | undefined;
}

export interface KeySource {
  /** Where the key is somebody else's to give: asks for it, unless it is there. */
  prepare?(): Awaitable<unknown>;
  /** The key to encrypt with, made if there is none. */
  forProtecting(): Awaitable<ContentKey>;
  /** The key to decrypt with; `undefined`: it is gone. `fresh`: the one given before did not fit. */
  forUnprotecting(fresh: boolean): Awaitable<ContentKey | undefined>;
}

export const KEY_BYTES = 32;
const ALLOWED = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM", "A128CBC-HS256"] };

/**
 * The core tries four times, for a peer that is writing; it takes 35 ms, and what decrypting takes. A key that was
 * fetched for the first try is fresh for all of them.
 */
const FRESH_MS = 1000;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * A compact JWE (RFC 7516) under a shared key: `alg` `dir`, `enc` `A256GCM`.
 *
 * What Go's azidentity/cache wrote opens too, and once it has, what is written is of Go's form: Go takes anything else
 * for an empty cache and overwrites it.
 */
export function createJweCipher(keys: KeySource): Cipher {
  let ofGo = false;
  /**
   * What a fresh key did not fit either, and when. Else a vault would be asked again at each of the four tries,
   * while others wait for the lock.
   */
  let refused: { readonly text: string; readonly at: number } | undefined;

  async function open(text: string, key: Uint8Array): Promise<Uint8Array | undefined> {
    const { compactDecrypt } = await loadJose();
    try {
      const { plaintext } = await compactDecrypt(text, key, ALLOWED);
      ofGo = false;
      return plaintext;
    } catch {
      const content = await openGoJwe(text, key);
      if (content !== undefined) ofGo = true;
      return content;
    }
  }

  return {
    prepare: () => keys.prepare?.(),

    async protect(content) {
      const { bytes, id } = await keys.forProtecting();
      if (ofGo) return encoder.encode(await sealGoJwe(content, bytes, id ?? ""));
      const { CompactEncrypt } = await loadJose();
      const header = { alg: "dir", enc: "A256GCM", ...(id === undefined ? {} : { kid: id }) };
      return encoder.encode(await new CompactEncrypt(content).setProtectedHeader(header).encrypt(bytes));
    },

    async unprotect(content) {
      refusePlainText(content);
      const text = decoder.decode(content);
      let isGone = false;
      const isFresh = refused?.text === text && Math.abs(Date.now() - refused.at) < FRESH_MS;
      for (const fresh of isFresh ? [false] : [false, true]) {
        const key = await keys.forUnprotecting(fresh);
        if (key === undefined) throw new PersistenceError("key_not_found");
        const plain = await open(text, key.bytes);
        if (plain !== undefined) {
          refused = undefined;
          return plain;
        }
        isGone = await isOfAnotherKey(text, key.id);
      }
      if (!isFresh) refused = { text, at: Date.now() };
      throw new PersistenceError(isGone ? "key_not_found" : "unprotect_failed");
    },
  };
}

/** Encrypted with a key that had the place of the one that is there now. */
async function isOfAnotherKey(text: string, id: string | undefined): Promise<boolean> {
  const { decodeProtectedHeader } = await loadJose();
  try {
    const { kid } = decodeProtectedHeader(text);
    return id !== undefined && kid !== undefined && kid !== id;
  } catch {
    return false; // Damage.
  }
}

/** How a JSON object or array begins: what an application kept before it encrypted. */
const OPENING: readonly (number | undefined)[] = [0x7b, 0x5b];

export function isPlainText(content: Uint8Array): boolean {
  return OPENING.includes(behindBlanks(content)[0]);
}

export function refusePlainText(content: Uint8Array): void {
  if (isPlainText(content)) throw new PersistenceError("not_encrypted");
}
