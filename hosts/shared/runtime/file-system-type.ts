/** The functions of `node:fs` that it takes. */
export interface TypeFunctions {
  statfsSync(path: string): { readonly type: number };
  statSync(path: string): { readonly dev: number };
  readFileSync(path: string, encoding: "utf8"): string;
}

const NINE_P = 0x01021997;

/**
 * What statfs(2) calls the file system that a file is on. Of 9P Linux tells the type that the other machine has told it:
 * a folder that QEMU lends passes for its ext4 (Linux 6.1).
 */
export function fileSystemTypeOf(fs: TypeFunctions, path: string): number {
  return isNineP(fs, path) ? NINE_P : fs.statfsSync(path).type;
}

/** proc(5), "mountinfo". What is not on a disk has the major number 0. */
function isNineP(fs: TypeFunctions, path: string): boolean {
  const { dev } = fs.statSync(path);
  const isOnDisk = Math.floor(dev / 2 ** 8) % 2 ** 12 !== 0;
  if (isOnDisk) return false;
  const minor = (dev % 2 ** 8) + Math.floor(dev / 2 ** 20) * 2 ** 8;
  try {
    const mounts = fs.readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    return mounts.some((mount) => mount.split(" ")[2] === `0:${minor}` && mount.includes(" - 9p "));
  } catch {
    return false; // Deno and Node's permission model may not let us look
  }
}
