import type { Store, StoredContent, StoreVersion } from "../capabilities.ts";
import { PersistenceError } from "../errors.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import type { SecretItem } from "./secret-item.ts";
import { SIGNAL } from "./signal-file.ts";

/** No modification time: the core then trusts no version and reads again. */
const UNKNOWN: StoreVersion = { mtimeNs: 0n, size: 0n, inode: 0n };

/** How an item's text stands for the bytes of the store. */
export type SecretEncoding = "text" | "base64";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A store whose bytes are an item of the secret store. The file at its location holds no secret: the family's members touch it
 * after they have changed the item, both under the lock, and its version is the version of the store. A peer killed between the two
 * leaves the lock behind: who takes it over reads the item in any case, others do with the next change.
 *
 * A plain cache that was in that file before is never written over: it is set aside first.
 */
export function createSecretStore(
  item: SecretItem,
  signal: Store,
  now: () => number,
  encoding: SecretEncoding = "text",
): Store {
  return {
    location: signal.location,

    async stat() {
      const version = await signal.stat();
      if (version !== undefined) return version;
      return (await item.read()) === undefined ? undefined : UNKNOWN;
    },

    async read(): Promise<StoredContent | undefined> {
      const version = (await signal.stat()) ?? UNKNOWN; // before the item: a change in between then shows as one
      const text = await item.read();
      return text === undefined ? undefined : { version, content: contentOf(text, encoding) };
    },

    async replace(content, beforePublishing) {
      const text = textOf(content, encoding);
      await keepPlainCache(signal, content);
      await beforePublishing?.();
      await item.write(text);
      return signal.replace(SIGNAL);
    },

    settle: () => signal.settle(),

    async remove() {
      const removed = await item.remove();
      await signal.remove();
      return removed;
    },

    async setAside() {
      const suffix = `.damaged-${now()}`;
      const text = await item.read();
      if (text !== undefined) await item.beside(suffix).write(text);
      return `${signal.location}${suffix} (in the secret store)`;
    },

    watch: (onChange) => signal.watch(onChange),
  };
}

function contentOf(text: string, encoding: SecretEncoding): Uint8Array {
  if (encoding === "text") return encoder.encode(text);
  try {
    return fromBase64(text);
  } catch {
    throw new PersistenceError("unprotect_failed", "The item of the secret store is not Base64."); // Its text is not ours to tell.
  }
}

function textOf(content: Uint8Array, encoding: SecretEncoding): string {
  if (encoding === "base64") return toBase64(content);
  if (content.includes(0))
    throw new PersistenceError("protect_failed", "A secret store keeps text without NUL characters.");
  try {
    return decoder.decode(content);
  } catch (cause) {
    throw new PersistenceError("json_bad_utf8", undefined, { cause });
  }
}

/** The largest thing a peer writes into the file is a byte or two, or nothing. */
async function keepPlainCache(signal: Store, replacement: Uint8Array): Promise<void> {
  const version = await signal.stat();
  if (version === undefined || version.size <= BigInt(SIGNAL.length)) return;
  const plain = (await signal.read())?.content;
  const isMigrated = plain?.length === replacement.length && plain.every((byte, at) => byte === replacement[at]);
  if (!isMigrated) await signal.setAside();
}
