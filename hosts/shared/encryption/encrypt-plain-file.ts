import { CrossPlatformLock } from "../cross-platform-lock.ts";
import { PersistenceError, PersistenceNotFound } from "../errors.ts";
import { FilePersistence } from "../file-persistence.ts";
import type { StoredPersistence } from "../stored-persistence.ts";
import { TokenCacheStore } from "../token-cache-store.ts";
import { refusePlainText } from "./jwe-cipher.ts";

/**
 * Moves a plain cache into an encrypted persistence and leaves no plain copy: at the same location it is replaced, elsewhere
 * merged into what the persistence holds and then removed. Until it is stored encrypted the plain file stays.
 *
 * What the disk still holds of the old file is beyond this: on a disk that is not encrypted itself, sign out to revoke the tokens.
 *
 * @returns false when there is no plain cache at `plainLocation`
 * @throws PersistenceError `not_supported` when `persistence` is not encrypted
 */
export async function encryptPlainFile(plainLocation: string, persistence: StoredPersistence): Promise<boolean> {
  if (!persistence.isEncrypted) throw new PersistenceError("not_supported", "The persistence does not encrypt.");
  const plain = await FilePersistence.create(plainLocation);
  const lock = new CrossPlatformLock(`${plain.getFilePath()}.lockfile`);
  await lock.lock();
  try {
    const content = await plainContent(plain);
    if (content === undefined) return false;
    if (persistence.getFilePath() === plain.getFilePath()) await persistence.saveBuffer(content);
    else {
      await merge(content, persistence);
      await plain.delete();
    }
    return true;
  } finally {
    await lock.unlock();
  }
}

async function plainContent(plain: FilePersistence): Promise<Uint8Array | undefined> {
  const content = await plain.loadBuffer().catch((error: unknown) => {
    if (error instanceof PersistenceNotFound) return undefined;
    throw error;
  });
  if (content === undefined || content.length <= "{}".length) return undefined;
  try {
    refusePlainText(content);
    return undefined; // encrypted already
  } catch {
    return content;
  }
}

async function merge(content: Uint8Array, persistence: StoredPersistence): Promise<void> {
  const store = await TokenCacheStore.open(persistence);
  try {
    await store.commit(undefined, content);
  } finally {
    await store.close();
  }
}
