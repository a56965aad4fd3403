import type { Awaitable, Capabilities, Cipher, Log, StoreVersion } from "../core/capabilities.ts";
import { PersistenceError } from "../errors/persistence-error.ts";
import type { StatusName } from "../errors/status.ts";
import { LogLevel } from "../logger.ts";
import { sameBytes } from "../values/same-bytes.ts";
import { holdsNothing } from "./nothing-saved.ts";
import { storeWith } from "./store-with.ts";

/**
 * What to do with stored content that cannot be decrypted: report it, or keep it under another name and start empty.
 */
export type UndecryptablePolicy = "throw" | "setAside";

/**
 * Another user's, another machine's, a lost key's, or plain text: no later try can read it. A
 * failing vault is none of these.
 */
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
 * What salvage makes of content of which nothing can be read (docs/merge.md, "Damaged documents"): every process that
 * still knows an entity puts it back, instead of taking its absence for a removal.
 */
function nothingReadable(): Uint8Array {
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(MARKER_BYTES)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  const document = new TextEncoder().encode(`{"msal-extensions.salvaged":"${digits}"}`);
  givenUp.add(document);
  return document;
}

function isHopeless(error: unknown, codes: readonly StatusName[] = HOPELESS): boolean {
  return codes.includes(codeOf(error));
}

/** A cipher that says nothing about itself has failed to decrypt. */
function codeOf(error: unknown): StatusName {
  return error instanceof PersistenceError ? error.code : "unprotect_failed";
}

/**
 * Keeps what is stored under another name when it cannot be decrypted, for `replacement`
 * is about to be written over it.
 */
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

/** The same cipher but for how it unprotects. A spread would leave out what a class has. */
function unprotectingBy(cipher: Cipher, unprotect: Cipher["unprotect"]): Cipher {
  return { prepare: () => cipher.prepare?.(), protect: (content) => cipher.protect(content), unprotect };
}

/** `holdsNothing` for the core, which would have a signal decrypted. That a file is empty it sees by itself. */
export function emptyWhereNothing(capabilities: Capabilities): Capabilities {
  const { cipher } = capabilities;
  if (cipher === undefined) return capabilities;
  return {
    ...capabilities,
    cipher: unprotectingBy(cipher, (content) => (holdsNothing(content) ? new Uint8Array() : cipher.unprotect(content))),
  };
}

/**
 * Capabilities under which what cannot be decrypted counts as lost. It is left where it is until something is written
 * over it, under the lock; then it is set aside first.
 */
export function recoverUndecryptable(
  capabilities: Capabilities,
  codes: readonly StatusName[] = HOPELESS,
): Capabilities {
  const { cipher, store } = capabilities;
  if (cipher === undefined) return capabilities;
  const recovery = new Recovery(capabilities, cipher, codes);
  return {
    ...capabilities,
    cipher: unprotectingBy(cipher, (content) => recovery.unprotect(content)),
    store: storeWith(store, {
      replace: (content, beforePublishing) => recovery.replace(content, beforePublishing),
    }),
    undecryptable: () => recovery.kept + (capabilities.undecryptable?.() ?? 0),
  };
}

class Recovery {
  readonly #capabilities: Capabilities;
  readonly #cipher: Cipher;
  readonly #codes: readonly StatusName[];
  #failures = 0;
  #kept = 0;
  /** Why what is stored has been given up; none: it has not. */
  #reason: StatusName | undefined;

  constructor(capabilities: Capabilities, cipher: Cipher, codes: readonly StatusName[]) {
    this.#capabilities = capabilities;
    this.#cipher = cipher;
    this.#codes = codes;
  }

  /** How many contents are kept under another name. */
  get kept(): number {
    return this.#kept;
  }

  async unprotect(content: Uint8Array): Promise<Uint8Array> {
    if (holdsNothing(content)) return nothingReadable();
    try {
      const plain = await this.#cipher.unprotect(content);
      this.#failures = 0;
      this.#reason = undefined;
      return plain;
    } catch (error) {
      return this.#giveUp(error);
    }
  }

  async replace(content: Uint8Array, beforePublishing?: () => Awaitable<void>): Promise<StoreVersion> {
    const { store, log } = this.#capabilities;
    if (this.#reason !== undefined && (await store.stat()) !== undefined) {
      logKept(log, this.#reason, await store.setAside());
      this.#kept += 1;
    }
    this.#reason = undefined; // or somebody has removed it since
    return store.replace(content, beforePublishing);
  }

  #giveUp(error: unknown): Uint8Array {
    const code = codeOf(error);
    if (code === "unprotect_failed") this.#failures += 1; // A vault that was down meanwhile is no try.
    if (!isHopeless(error, this.#codes) || (code === "unprotect_failed" && this.#failures < TRIES)) throw error;
    this.#failures = 0;
    if (this.#reason === undefined) this.#logGivenUp(code);
    this.#reason = code;
    return nothingReadable();
  }

  #logGivenUp(code: StatusName): void {
    const { store, log } = this.#capabilities;
    const text = `${store.location} cannot be decrypted. It counts as empty, and is set aside when written to.`;
    log(LogLevel.Warning, code, text);
  }
}
