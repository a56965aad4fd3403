import type { Runtime } from "../runtime/runtime.ts";
import { type FileStatus, type Files, quietly } from "./file-system.ts";

const ROOT = 0n;

/**
 * Gives a file or a folder that root has just made to the owner of its folder. What is replaced as a whole belongs to
 * whoever replaced it: after one run as root the user could open neither the cache nor a lock file any more. (Who
 * writes in place, as the peers do, keeps the owner.)
 */
export async function giveToOwnerOfFolder(
  files: Files,
  { isRoot, paths }: Runtime,
  fd: number,
  path: string,
): Promise<void> {
  if (!isRoot) return;
  const folder = await files.stat(paths.dirname(path)).catch(() => undefined);
  if (folder === undefined || folder.uid === ROOT || !(await isNewOfRoot(files, fd))) return;
  await quietly(giveTo(folder, files, fd));
}

/**
 * A folder cannot be made and opened in one call: in between the user may have put something else in its place. A file
 * with a second name may be any file of the system.
 */
async function isNewOfRoot(files: Files, fd: number): Promise<boolean> {
  const made = await files.fstat(fd).catch(() => undefined);
  return made?.uid === ROOT && (made.isDirectory() || made.nlink === 1n);
}

/**
 * Gives a copy to the owner of what was copied, which in a user's folder may be a link to a
 * file that the user cannot read.
 */
export async function giveToOwnerOfOriginal(
  files: Files,
  { isRoot }: Runtime,
  fd: number,
  original: FileStatus,
): Promise<void> {
  if (isRoot) await quietly(giveTo(original, files, fd));
}

function giveTo({ uid, gid }: FileStatus, files: Files, fd: number): Promise<void> {
  return files.fchown(fd, Number(uid), Number(gid));
}
