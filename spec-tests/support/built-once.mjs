// What the tests build from sources in other languages, in folders that git ignores: once for all test files, and anew
// when the sources change.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import lockfile from "proper-lockfile";

/** Of the files in a folder, and of this Node.js, whose programs and headers go into what is built. */
export function digestOf(folder, isSource = () => true) {
  const hash = createHash("sha256").update(process.version);
  for (const path of readdirSync(folder, { recursive: true }).filter(isSource).sort()) {
    const file = join(folder, path);
    if (statSync(file).isFile()) hash.update(path).update(readFileSync(file));
  }
  return hash.digest("hex");
}

/**
 * Has `make` fill the folder, emptied first, unless it has from what has this digest. Test files that run beside each
 * other wait for the one that builds.
 *
 * @returns whether there was something to do
 */
export async function builtOnce(folder, digest, make) {
  mkdirSync(dirname(folder), { recursive: true });
  const release = await lockfile.lock(folder, { realpath: false, retries: { forever: true, maxTimeout: 1000 } });
  try {
    const stamp = join(folder, ".built");
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return false;
    rmSync(folder, { recursive: true, force: true });
    await make();
    writeFileSync(stamp, digest);
    return true;
  } finally {
    await release();
  }
}
