import type { Runtime } from "../runtime/runtime.ts";
import { closing, type Files, hasCode, O_RDONLY, quietly } from "./file-system.ts";
import { giveToOwnerOfFolder } from "./owner.ts";

/**
 * Creates a folder for secrets, and those above it that are missing. Not by Node's `recursive`: where nobody can make
 * folders (/proc/x/y) Node 20 tries for ever.
 */
export async function makeFolder(files: Files, runtime: Runtime, path: string): Promise<void> {
  if (await isMade(files, runtime, path)) return;
  const above = runtime.paths.dirname(path);
  if (above !== path) await makeFolder(files, runtime, above);
  if (!(await isMade(files, runtime, path)))
    throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT", path });
}

/**
 * `false`: there is nothing to make it in. That one is there already is not always what is said: a process of Deno's
 * that may only read is refused, and so is everybody at the root of a drive of Windows.
 */
async function isMade(files: Files, runtime: Runtime, path: string): Promise<boolean> {
  try {
    await files.mkdir(path, 0o700);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    const isThere = hasCode(error, "EEXIST");
    const found = await files.stat(path).catch((missing: unknown) => {
      throw isThere ? missing : error;
    });
    if (!found.isFile()) return true;
    if (!isThere) throw error;
    throw Object.assign(new Error(`ENOTDIR: not a folder, '${path}'`), { code: "ENOTDIR", path });
  }
  if (runtime.isRoot) await quietly(give(files, runtime, path));
  return true;
}

async function give(files: Files, runtime: Runtime, path: string): Promise<void> {
  const fd = await files.open(path, O_RDONLY | runtime.noFollow | runtime.nonBlock);
  await closing(files, fd, () => giveToOwnerOfFolder(files, runtime, fd, path));
}
