import { PersistenceError } from "../errors/persistence-error.ts";
import type { IPersistence } from "./persistence.ts";

/**
 * Of one byte to four. Not written out: such a character makes V8 keep the whole bundle with two bytes for each
 * (170 KB more in every process).
 */
const LETTERS = String.fromCodePoint(0xe9, 0x65e5, 0x1f511);
const TEST_TEXT = `What a persistence is tried out with: ASCII, ${LETTERS}.`;

/** What all persistences have in common. */
export abstract class BasePersistence {
  /** Is what is saved encrypted? */
  abstract readonly isEncrypted: boolean;

  /** A persistence of the same kind that nobody else uses, to try the store out with. */
  abstract createForPersistenceValidation(): Promise<IPersistence>;

  /**
   * Saves, loads and deletes a short text under a name of its own; the cache itself is not touched.
   *
   * @returns true
   * @throws PersistenceError `persistence_not_verified`, with what went wrong as its cause.
   */
  async verifyPersistence(): Promise<boolean> {
    try {
      await this.#tryOut(await this.createForPersistenceValidation());
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new PersistenceError("persistence_not_verified", `The persistence does not work: ${reason}`, { cause });
    }
    return true;
  }

  async #tryOut(trial: IPersistence): Promise<void> {
    try {
      await trial.save(TEST_TEXT);
      if ((await trial.load()) !== TEST_TEXT) throw new Error("what was saved did not read back the same");
    } catch (error) {
      await removeAfter(error, trial);
      throw error;
    }
    await trial.delete();
  }
}

/**
 * What went wrong first is what counts. A store that does not answer is not waited for twice (20 s each, libsecret).
 */
async function removeAfter(error: unknown, trial: IPersistence): Promise<void> {
  if (error instanceof PersistenceError && error.code === "secret_store_unavailable") return;
  await trial.delete().catch(() => undefined);
}
