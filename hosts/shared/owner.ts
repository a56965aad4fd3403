import { type Files, quietly } from "./file-system.ts";
import type { Runtime } from "./runtime.ts";

/**
 * Gives a file or a folder that has just been made to the owner of its folder, where root has made it. What is replaced as a whole belongs to whoever replaces it, so
 * after one run as root the user could open neither the cache nor a lock file any more. (Who writes in place, as the peers do, keeps the owner.)
 */
export async function giveToOwnerOfFolder(
  files: Files,
  { isRoot, paths }: Runtime,
  fd: number,
  path: string,
): Promise<void> {
  if (!isRoot) return;
  const folder = await files.stat(paths.dirname(path)).catch(() => undefined);
  if (folder !== undefined && folder.uid !== 0n)
    await quietly(files.fchown(fd, Number(folder.uid), Number(folder.gid)));
}
