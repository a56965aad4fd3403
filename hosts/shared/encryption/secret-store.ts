import { CacheMerger } from "../core/cache-merger.ts";
import type { Store, StoredContent, StoreVersion } from "../core/capabilities.ts";
import { PersistenceError } from "../core/errors.ts";
import { sameBytes } from "../core/same-bytes.ts";
import { isSameVersion } from "../core/same-version.ts";
import { SIGNAL } from "../persistence/nothing-saved.ts";
import { host } from "../runtime/host.ts";
import type { SecretItem } from "./secret-item.ts";

/** No modification time: the core then trusts no version and reads again. */
const UNKNOWN: StoreVersion = { mtimeNs: 0n, size: 0n, inode: 0n };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A store whose bytes are an item of the secret store. The file at its location holds no secret: the family's members touch it
 * after they have changed the item, both under the lock, and its version is the version of the store. A peer killed between the two
 * leaves the lock behind: who takes it over reads the item in any case, others do with the next change.
 *
 * A plain cache that was in that file before is neither written over nor removed: it is set aside, unless the item has, or had, all of it.
 */
export function createSecretStore(item: SecretItem, signal: Store, now: () => number): Store {
  /** The version of a file without an item: peers make the file first, and people remove items by hand. */
  let emptyAt: StoreVersion | undefined;
  /** Of the item that was set aside last. */
  let keptAs: string | undefined;

  return {
    location: signal.location,

    async stat() {
      const version = await signal.stat();
      if (version !== undefined && !isSameVersion(version, emptyAt)) return version;
      return (await item.read()) === undefined ? undefined : (version ?? UNKNOWN);
    },

    async read(): Promise<StoredContent | undefined> {
      const version = (await signal.stat()) ?? UNKNOWN; // before the item: a change in between then shows as one
      const text = await item.read();
      emptyAt = text === undefined ? version : undefined;
      return text === undefined ? undefined : { version, content: encoder.encode(text) };
    },

    async replace(content, beforePublishing) {
      const text = textOf(content);
      await beforePublishing?.();
      await item.write(text);
      await keepPlainCache(signal, await plainCache(signal), content); // not before: where the item is refused, each try would leave a copy
      return signal.replace(SIGNAL);
    },

    settle: () => signal.settle(),

    async remove() {
      const plain = await plainCache(signal);
      const text = plain === undefined ? "" : await item.read();
      const removed = await item.remove();
      await keepPlainCache(signal, plain, encoder.encode(text));
      await signal.remove();
      return removed;
    },

    /** Once: where an item may be read, and another one made, but this one not be written, each try would leave another copy. */
    async setAside() {
      const text = await item.read();
      const isKept = keptAs !== undefined && text !== undefined && (await item.beside(keptAs).read()) === text;
      const suffix = isKept ? keptAs! : `.damaged-${now()}`;
      if (text !== undefined && !isKept) await item.beside(suffix).write(text);
      keptAs = suffix;
      return `${signal.location}${suffix} (in the secret store)`;
    },

    watch: (onChange) => signal.watch(onChange),
  };
}

function textOf(content: Uint8Array): string {
  if (content.includes(0))
    throw new PersistenceError("protect_failed", "A secret store keeps text without NUL characters.");
  try {
    return decoder.decode(content);
  } catch (cause) {
    throw new PersistenceError("json_bad_utf8", undefined, { cause });
  }
}

/** The largest thing a peer writes into the file is a byte or two, or nothing. */
async function plainCache(signal: Store): Promise<Uint8Array | undefined> {
  const version = await signal.stat();
  return version !== undefined && version.size > SIGNAL.length ? (await signal.read())?.content : undefined;
}

async function keepPlainCache(signal: Store, plain: Uint8Array | undefined, item: Uint8Array): Promise<void> {
  if (plain !== undefined && !(await hasAllOf(item, plain))) await signal.setAside();
}

async function hasAllOf(item: Uint8Array, plain: Uint8Array): Promise<boolean> {
  if (sameBytes(plain, item)) return true;
  try {
    return new CacheMerger(await host().module()).merge(undefined, plain, item).unchanged;
  } catch {
    return false; // one of them is no cache
  }
}
