import { compileOnce } from "../shared/core/core-module.ts";
import { publishedOrEmbedded } from "../shared/core/embedded-core.ts";
import { builtIn } from "./built-in.ts";
import { thisFile } from "./this-file.ts";

/** More than the build lets the core have (48 KiB). */
const ROOM = 64 * 1024;

export const coreModule = compileOnce((file) => {
  const here = thisFile();
  return publishedOrEmbedded(file, here, (relative) => readCore(new URL(relative, here)));
});

/**
 * In one call. In a fresh process of Node 20 `readSync` takes 0.1 ms longer, and `readFileSync` 0.27:
 * there is more of Node to compile.
 */
export function readCore(path: string | URL): Uint8Array {
  const { closeSync, openSync, readFileSync, readvSync } = builtIn("node:fs");
  const buffer = new Uint8Array(ROOM);
  const fd = openSync(path, "r");
  try {
    const length = readvSync(fd, [buffer]);
    if (length < ROOM) return buffer.subarray(0, length);
  } catch {
    // The descriptor is Yarn's, for a file in an archive, and this is not among the functions that Yarn patches.
  } finally {
    closeSync(fd);
  }
  return readFileSync(path);
}
