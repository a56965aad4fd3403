import { CacheMerger } from "../core/cache-merger.ts";
import type { Cipher } from "../core/capabilities.ts";
import { CrossPlatformLock } from "../cross-platform-lock.ts";
import { PersistenceError } from "../errors/persistence-error.ts";
import type { StatusName } from "../errors/status.ts";
import { toPersistenceError } from "../errors/thrown.ts";
import { Files } from "../files/file-system.ts";
import type { Logger } from "../logger.ts";
import { FilePersistence } from "../persistence/file-persistence.ts";
import { coreLinkOf } from "../persistence/persistence.ts";
import type { StoredPersistence } from "../persistence/stored-persistence.ts";
import { host } from "../runtime/host.ts";
import { TokenCacheStore } from "../token-cache-store.ts";
import { plainContent } from "./plain-content.ts";

/** What loading the encrypted persistence says while the plain file is what is stored. */
const NOTHING_YET: readonly StatusName[] = ["persistence_not_found", "not_encrypted"];

/**
 * Moves a plain cache into an encrypted persistence and leaves no plain copy: at the same location it is replaced,
 * elsewhere merged into what the persistence holds and then removed. Until it is stored encrypted the plain file stays.
 *
 * What the disk still holds of the old file is beyond this: on a disk that is not encrypted itself,
 * sign out to revoke the tokens.
 *
 * @returns false when there is no plain cache at `plainLocation`
 * @throws PersistenceError `not_supported` when `persistence` is not encrypted, or not one of this package's
 */
export async function encryptPlainFile(plainLocation: string, persistence: StoredPersistence): Promise<boolean> {
  const { cipher } = coreLinkOf(persistence).capabilities;
  if (!persistence.isEncrypted) throw new PersistenceError("not_supported", "The persistence does not encrypt.");
  const logger = persistence.getLogger();
  const plain = await FilePersistence.create(plainLocation, logger.options); // others may have read it until now
  // A key that does not come keeps nobody else from the plain cache, and is not asked for where there is none.
  if ((await plainContent(plain)) !== undefined) await askForKey(cipher, persistence);
  return holding(lockFileOf(plain), logger, async () => {
    let content = await plainContent(plain);
    if (content === undefined) return false;
    if (await isSameFile(plain.getFilePath(), persistence.getFilePath())) {
      await holdingBoth(plain, persistence, () => encryptInPlace(plain, persistence));
      content = await plainContent(plain); // Still there where the two were hard links: each is a file of its own now.
    }
    if (content !== undefined) {
      await merge(content, persistence);
      await plain.delete();
    }
    return true;
  });
}

const lockFileOf = (persistence: StoredPersistence) => coreLinkOf(persistence).capabilities.lock.path;

async function holding<T>(lockFile: string, logger: Logger, work: () => Promise<T>): Promise<T> {
  const lock = new CrossPlatformLock(lockFile, logger);
  await lock.lock();
  try {
    return await work();
  } finally {
    await lock.unlock();
  }
}

/**
 * The plain cache's lock is held. Whoever knows the same file by the other name (a link) takes another lock,
 * unless only a folder is a link.
 */
async function holdingBoth(
  plain: StoredPersistence,
  other: StoredPersistence,
  work: () => Promise<void>,
): Promise<void> {
  if (await isSameFile(lockFileOf(plain), lockFileOf(other))) return work();
  return holding(lockFileOf(other), other.getLogger(), work);
}

async function askForKey(cipher: Cipher | undefined, persistence: StoredPersistence): Promise<void> {
  try {
    await cipher?.prepare?.();
  } catch (error) {
    throw toPersistenceError(error, persistence.getFilePath());
  }
}

/** The plain file is there. */
async function isSameFile(plain: string, other: string): Promise<boolean> {
  return plain === other || new Files(host().runtime.fs).isSame(plain, other);
}

/** Its lock is held. Where the file is not the store but the signal of one, an item may be there already. */
async function encryptInPlace(plain: FilePersistence, persistence: StoredPersistence): Promise<void> {
  const content = await plainContent(plain);
  if (content === undefined) return; // somebody was quicker, under the other lock
  const item = await persistence.loadBuffer().catch((error: unknown) => {
    if (error instanceof PersistenceError && NOTHING_YET.includes(error.code)) return undefined;
    throw error;
  });
  if (item === undefined) return persistence.saveBuffer(content);
  const merger = new CacheMerger(await host().module(), { location: persistence.getFilePath() });
  await persistence.saveBuffer(merger.merge(undefined, content, item).content);
}

async function merge(content: Uint8Array, persistence: StoredPersistence): Promise<void> {
  const store = await TokenCacheStore.open(persistence);
  try {
    await store.commit(undefined, content);
  } finally {
    await store.close();
  }
}
