import { CacheMerger } from "../../core/cache-merger.ts";
import type { Capabilities, Store, StoredContent, StoreVersion } from "../../core/capabilities.ts";
import { isSameVersion } from "../../core/same-version.ts";
import { PersistenceError } from "../../errors/persistence-error.ts";
import { LogLevel } from "../../logger.ts";
import { SIGNAL } from "../../persistence/nothing-saved.ts";
import { host } from "../../runtime/host.ts";
import { sameBytes } from "../../values/same-bytes.ts";
import { isPlainText } from "../ciphers/jwe-cipher.ts";
import type { SecretItem } from "./secret-item.ts";
import type { SignalFile } from "./signal-file.ts";

/** No modification time: the core then trusts no version and reads again. */
const UNKNOWN: StoreVersion = { mtimeNs: 0n, size: 0n, inode: 0n };

/** What a file that is no signal holds, and what becomes of it. */
const OTHER = {
  not_encrypted:
    "it is a plain cache. encryptPlainFile takes it along; if not, it is set aside when something is stored.",
  encrypted: "it is another persistence's cache, which stays as it is.",
} as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A store whose bytes are an item of the secret store. The file at its location holds no secret: the family's members
 * touch it after they have changed the item, both under the lock, and its version is the version of the store. A peer
 * killed between the two leaves the lock behind: who takes it over reads the item in any case, others do with the next
 * change.
 *
 * What another persistence keeps encrypted in that file is as good a signal, and stays: its users would be signed out. A
 * plain cache that was there before is neither written over nor removed: it is set aside, unless the item has, or had,
 * all of it.
 */
export function createSecretStore(
  item: SecretItem,
  signal: SignalFile,
  { clock, log }: Pick<Capabilities, "clock" | "log">,
): Store {
  /** The version of a file without an item: peers make the file first, and people remove items by hand. */
  let emptyAt: StoreVersion | undefined;
  /** Of the item that was set aside last. */
  let keptAs: string | undefined;
  let isReported = false;

  /** Whoever kept the cache in the file itself so far would look signed out, and nobody would say why. */
  async function reportOther(): Promise<void> {
    if (isReported) return;
    const cache = await otherCache(signal).catch(() => undefined);
    if (cache === undefined) return;
    isReported = true;
    const code = isPlainText(cache) ? "not_encrypted" : "encrypted";
    log(LogLevel.Warning, code, `${signal.location} is not read here: ${OTHER[code]}`);
  }

  async function keepPlain(cache: Uint8Array | undefined, content: Uint8Array): Promise<void> {
    if (cache === undefined || (await hasAllOf(content, cache))) return;
    log(LogLevel.Warning, "cache_set_aside", `${signal.location} has been kept as ${await signal.setAside()}`);
  }

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
      if (text === undefined) await reportOther();
      return text === undefined ? undefined : { version, content: encoder.encode(text) };
    },

    async replace(content, beforePublishing) {
      const text = textOf(content);
      await beforePublishing?.();
      await item.write(text);
      const other = await otherCache(signal);
      if (isEncrypted(other)) return signal.touch();
      await keepPlain(other, content); // not before: where the item is refused, each try would leave a copy
      return signal.replace(SIGNAL);
    },

    settle: () => signal.settle(),

    async remove() {
      const other = await otherCache(signal);
      const plain = isEncrypted(other) ? undefined : other;
      const text = plain === undefined ? "" : await item.read();
      const removed = await item.remove();
      await keepPlain(plain, encoder.encode(text));
      await (isEncrypted(other) ? signal.touch() : signal.remove());
      return removed;
    },

    /**
     * Once: where an item may be read, and another one made, but this one not be written, each try would leave another
     * copy.
     */
    async setAside() {
      const text = await item.read();
      const isKept = keptAs !== undefined && text !== undefined && (await item.beside(keptAs).read()) === text;
      const suffix = isKept ? keptAs! : `.damaged-${clock.now()}`;
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

/**
 * What another persistence keeps in the signal's place. The largest signal a peer writes is a byte or two, or nothing.
 */
async function otherCache(signal: Store): Promise<Uint8Array | undefined> {
  const version = await signal.stat();
  return version !== undefined && version.size > SIGNAL.length ? (await signal.read())?.content : undefined;
}

const isEncrypted = (cache: Uint8Array | undefined) => cache !== undefined && !isPlainText(cache);

async function hasAllOf(item: Uint8Array, plain: Uint8Array): Promise<boolean> {
  if (sameBytes(plain, item)) return true;
  try {
    return new CacheMerger(await host().module()).merge(undefined, plain, item).unchanged;
  } catch {
    return false; // one of them is no cache
  }
}
