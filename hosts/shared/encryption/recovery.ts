import type { Capabilities, Cipher, Log } from "../core/capabilities.ts";
import { PersistenceError } from "../core/errors.ts";
import { sameBytes } from "../core/same-bytes.ts";
import type { StatusName } from "../core/status.ts";
import { storeWith } from "../core/store-with.ts";
import { LogLevel } from "../logger.ts";
import { SIGNAL } from "./signal-file.ts";

/** What to do with stored content that cannot be decrypted: report it, or keep it under another name and start empty. */
export type UndecryptablePolicy = "throw" | "setAside";

/** Another user's, another machine's, a lost key's, or plain text: no later try can read it. A failing vault is none of these. */
const HOPELESS: readonly StatusName[] = ["unprotect_failed", "key_not_found", "not_encrypted"];

/** The core itself reads again three times, for a peer that is writing. Only what then still fails is given up. */
const TRIES = 4;

const MARKER_BYTES = 8;

const givenUp = new WeakSet<Uint8Array>();

/** Does this stand for content that was given up? Any text that was saved is another one. */
export function standsForNothing(content: Uint8Array): boolean {
  return givenUp.has(content);
}

/**
 * What salvage makes of content of which nothing can be read (docs/merge.md, "Damaged documents"): every process that still
 * knows an entity puts it back, instead of taking its absence for a removal.
 */
function nothingReadable(): Uint8Array {
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(MARKER_BYTES)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  const document = new TextEncoder().encode(`{"msal-extensions.salvaged":"${digits}"}`);
  givenUp.add(document);
  return document;
}

/**
 * Nothing was saved: peers make an empty file before they save, and where a secret store keeps the cache (this user's desktop
 * session, say) the file is but a signal.
 */
export function holdsNothing(stored: Uint8Array): boolean {
  return stored.length === 0 || sameBytes(stored, SIGNAL);
}

function isHopeless(error: unknown, codes: readonly StatusName[] = HOPELESS): boolean {
  return codes.includes(codeOf(error));
}

/** A cipher that says nothing about itself has failed to decrypt. */
function codeOf(error: unknown): StatusName {
  return error instanceof PersistenceError ? error.code : "unprotect_failed";
}

/** Keeps what is stored under another name when it cannot be decrypted, for `replacement` is about to be written over it. */
export async function keepUndecryptable({ store, cipher, log }: Capabilities, replacement: Uint8Array): Promise<void> {
  const stored = await store.read();
  if (cipher === undefined || stored === undefined || holdsNothing(stored.content)) return;
  if (sameBytes(stored.content, replacement)) return; // Plain text that is being encrypted.
  try {
    (await cipher.unprotect(stored.content)).fill(0);
  } catch (error) {
    if (!isHopeless(error)) throw error;
    logKept(log, codeOf(error), await store.setAside());
  }
}

function logKept(log: Log, reason: StatusName, name: string): void {
  log(LogLevel.Warning, reason, `What could not be decrypted has been kept as ${name}.`);
}

/**
 * Capabilities under which what cannot be decrypted counts as lost. It is left where it is until something is written over it,
 * under the lock; then it is set aside first.
 */
export function recoverUndecryptable(
  capabilities: Capabilities,
  codes: readonly StatusName[] = HOPELESS,
): Capabilities {
  const { cipher, store, log } = capabilities;
  let failures = 0;
  let kept = 0;
  let reason: StatusName | undefined;

  function giveUp(error: unknown): Uint8Array {
    const code = codeOf(error);
    if (code === "unprotect_failed") failures += 1; // A vault that was down meanwhile is no try.
    if (!isHopeless(error, codes) || (code === "unprotect_failed" && failures < TRIES)) throw error;
    failures = 0;
    if (reason === undefined) {
      log(
        LogLevel.Warning,
        code,
        `${store.location} cannot be decrypted. It counts as empty, and is set aside when written to.`,
      );
    }
    reason = code;
    return nothingReadable();
  }

  const recovering: Cipher | undefined = cipher && {
    protect: (content) => cipher.protect(content),
    async unprotect(content) {
      if (holdsNothing(content)) return nothingReadable();
      try {
        const plain = await cipher.unprotect(content);
        failures = 0;
        reason = undefined;
        return plain;
      } catch (error) {
        return giveUp(error);
      }
    },
  };

  const keeping = storeWith(store, {
    async replace(content, beforePublishing) {
      if (reason !== undefined && (await store.stat()) !== undefined) {
        logKept(log, reason, await store.setAside());
        kept += 1;
      }
      reason = undefined; // or somebody has removed it since
      return store.replace(content, beforePublishing);
    },
  });
  const undecryptable = () => kept + (capabilities.undecryptable?.() ?? 0);
  return { ...capabilities, cipher: recovering, store: keeping, undecryptable };
}
