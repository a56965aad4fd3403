import type { Capabilities, Cipher, Store } from "../capabilities.ts";
import { PersistenceError } from "../errors.ts";
import type { StatusName } from "../status.ts";

/** What to do with stored content that cannot be decrypted: report it, or keep it under another name and start empty. */
export type UndecryptablePolicy = "throw" | "setAside";

/** Another user's, another machine's, a lost key's, or plain text: no later try can read it. A failing vault is none of these. */
const HOPELESS: readonly StatusName[] = ["unprotect_failed", "key_not_found", "not_encrypted"];

/** The core itself reads again three times, for a peer that is writing. Only what then still fails is given up. */
const TRIES = 4;
const LEVEL_WARNING = 1;

/** This very object stands for content that was given up; an empty text that was saved is another one. */
export const NOTHING_READABLE = new Uint8Array(0);

/**
 * Capabilities under which what cannot be decrypted counts as nothing stored. It is left where it is until something is
 * written over it, under the lock; then it is set aside first.
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
    const code = error instanceof PersistenceError ? error.code : "unprotect_failed";
    failures += 1;
    if (!codes.includes(code) || (code === "unprotect_failed" && failures < TRIES)) throw error;
    if (reason === undefined) {
      log(
        LEVEL_WARNING,
        code,
        `${store.location} cannot be decrypted. It counts as empty, and is set aside when written to.`,
      );
    }
    reason = code;
    return NOTHING_READABLE;
  }

  const recovering: Cipher | undefined = cipher && {
    protect: (content) => cipher.protect(content),
    async unprotect(content) {
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

  const keeping: Store = {
    ...store,
    async replace(content) {
      if (reason !== undefined) {
        const name = await store.setAside();
        log(LEVEL_WARNING, reason, `What could not be decrypted has been kept as ${name}.`);
        kept += 1;
        reason = undefined;
        failures = 0;
      }
      return store.replace(content);
    },
  };
  const undecryptable = () => kept + (capabilities.undecryptable?.() ?? 0);
  return { ...capabilities, cipher: recovering, store: keeping, undecryptable };
}
