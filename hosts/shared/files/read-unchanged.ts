import { PersistenceError } from "../errors/persistence-error.ts";
import { assertFile, type FileStatus, type Files } from "./file-system.ts";

/** How often a file that changes while it is being read is read again. */
const MAX_READS = 4;

interface FileContent {
  readonly status: FileStatus;
  readonly content: Uint8Array;
}

/**
 * What the descriptor's file holds, and its status from before the reading: a write in between then shows as a change.
 * Peers write in place, so what changes while it is read is read again.
 */
export async function readUnchanged(
  files: Files,
  fd: number,
  path: string,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<FileContent> {
  for (let reads = 1; ; reads++) {
    const before = assertFile(await files.fstat(fd), path);
    if (before.size > maxBytes) throw new PersistenceError("document_too_large");
    const content = await readBytes(files, fd, Number(before.size));
    const after = await files.fstat(fd);
    const unchanged = after.mtimeNs === before.mtimeNs && after.size === before.size;
    if ((unchanged && content.length === Number(before.size)) || reads === MAX_READS) {
      return { status: before, content };
    }
  }
}

async function readBytes(files: Files, fd: number, size: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const bytes = await files.read(fd, buffer, length);
    if (bytes === 0) {
      break;
    }
    length += bytes;
  }
  return buffer.subarray(0, length);
}
