import { PersistenceNotFound } from "../errors/persistence-error.ts";
import type { FilePersistence } from "../persistence/file-persistence.ts";
import { isPlainText } from "./ciphers/jwe-cipher.ts";

/** The cache in plain text that is stored there; `undefined` where there is none, or what is there is encrypted. */
export async function plainContent(plain: FilePersistence): Promise<Uint8Array | undefined> {
  const content = await plain.loadBuffer().catch((error: unknown) => {
    if (error instanceof PersistenceNotFound) return undefined;
    throw error;
  });
  return content !== undefined && content.length > "{}".length && isPlainText(content) ? content : undefined;
}
