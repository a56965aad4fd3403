import type { LockInspection } from "../core/capabilities.ts";
import { PersistenceError } from "../errors/persistence-error.ts";
import {
  assertFile,
  closing,
  type FileStatus,
  type Files,
  hasCode,
  O_RDONLY,
  unlessCode,
  unlessGone,
} from "../files/file-system.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { sameBytes } from "../values/same-bytes.ts";
import { leasePath } from "./lease.ts";

const decoder = new TextDecoder();

const NOTHING = new Uint8Array(0);

/** What an inspection keeps of a lock file's content. */
const MAX_CONTENT = 1024;
/**
 * How a cache begins: JSON or a compact JWE, and a blob of DPAPI. None of the family's lock files does:
 * Go's has a digit after the brace.
 */
const CACHE = /^\s*(?:\{\s*"|eyJ)/;
const DPAPI = Uint8Array.of(1, 0, 0, 0);

/** Takes no kernel lock: one taken just to see whether it is free makes its rightful holder fail. */
export async function inspectLockFile(
  files: Files,
  runtime: Runtime,
  path: string,
): Promise<LockInspection | undefined> {
  const seen = await unlessGone(look(files, runtime, path));
  if (seen === undefined) {
    return undefined;
  }
  const lease = await unlessGone(files.stat(leasePath(path)));
  return {
    inode: seen.stat.ino,
    size: Number(seen.stat.size),
    mtimeMs: millisecondsOf(seen.stat),
    leaseMtimeMs: lease && millisecondsOf(lease),
    kernelLocked: seen.kernelLocked,
    content: seen.content,
  };
}

/**
 * Is the file at this path what was inspected? Where times are whole seconds its content alone may tell: a holder of
 * kind K takes over in place, and the number of an inode that is gone may come again.
 */
export async function isStillAt(
  files: Files,
  runtime: Runtime,
  path: string,
  inspected: LockInspection,
): Promise<boolean> {
  const seen = await look(files, runtime, path);
  return isInspected(seen.stat, inspected) && sameBytes(seen.content, inspected.content);
}

/** Is this open file what was inspected? */
export async function isStillOpen(files: Files, fd: number, inspected: LockInspection): Promise<boolean> {
  const content = await readStart(files, fd);
  return isInspected(await files.fstat(fd), inspected) && sameBytes(content, inspected.content);
}

async function look(files: Files, { noFollow, nonBlock, platform }: Runtime, path: string) {
  try {
    const fd = await files.open(path, O_RDONLY | noFollow | nonBlock);
    return await closing(files, fd, async () => {
      const stat = assertFile(await files.fstat(fd), path);
      const content = await unlessCode(readStart(files, fd), "EACCES"); // over SMB, too, locks are mandatory
      return { stat, content: assertNoCache(content ?? NOTHING, path), kernelLocked: content === undefined };
    });
  } catch (error) {
    // Windows: locks are mandatory, so whoever holds one (or, as .NET does, shares nothing) is felt by readers.
    if (platform === "win32" && hasCode(error, "EBUSY", "EACCES", "EPERM")) {
      return { stat: await files.stat(path), content: NOTHING, kernelLocked: true };
    }
    throw error;
  }
}

async function readStart(files: Files, fd: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(MAX_CONTENT);
  return buffer.subarray(0, await files.read(fd, buffer));
}

/**
 * Somebody may give the location of a cache for that of its lock file. The cache would be taken over, and its tokens
 * would be in an error that quotes the holder.
 */
function assertNoCache(content: Uint8Array, path: string): Uint8Array {
  if (!CACHE.test(decoder.decode(content)) && !sameBytes(content.subarray(0, DPAPI.length), DPAPI)) return content;
  const message = `${path} is a cache, not a lock file. That of a cache is <location>.lockfile.`;
  throw new PersistenceError("bad_argument", message, { location: path });
}

/** The times are compared for equality: both went through the same rounding. */
function isInspected(stat: FileStatus, inspected: LockInspection): boolean {
  return (
    stat.ino === inspected.inode && Number(stat.size) === inspected.size && millisecondsOf(stat) === inspected.mtimeMs
  );
}

function millisecondsOf(stat: FileStatus): number {
  return Number(stat.mtimeNs) / 1e6;
}
