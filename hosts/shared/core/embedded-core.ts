import { PersistenceError } from "../errors/persistence-error.ts";
import { statusOfError, toPersistenceError } from "../errors/thrown.ts";
import { loadPackage } from "../runtime/load-package.ts";
import { fromBase64 } from "../values/base64.ts";
import type { Awaitable } from "./capabilities.ts";
import { type CoreFile, coreFile } from "./core-module.ts";

/**
 * The core's file where it is published, else the copy for bundled applications.
 *
 * @param here URL of a module of the host's
 * @param read what lies there, by a URL that is relative to it
 * @throws PersistenceError `too_many_open_files`
 */
export function publishedOrEmbedded(
  file: CoreFile,
  here: string,
  read: (relative: string) => Uint8Array,
): Awaitable<Uint8Array> {
  const published = coreFile(file, here);
  try {
    if (published !== undefined) return read(published);
  } catch (error) {
    // That passes, but what Node or Bun could not import once, they never do.
    if (statusOfError(error) === "too_many_open_files") throw toPersistenceError(error);
    // Whatever other reason, the copy will do.
  }
  return embeddedCore(file);
}

/**
 * For applications that are bundled (esbuild, Rollup, webpack, `bun build`): a bundler takes modules along, and leaves
 * behind what is read as a file. In a module of its own: no other application is to read 58 KB that it does not need.
 *
 * @throws PersistenceError `not_supported` on a processor without SIMD, for which there is no such copy
 */
async function embeddedCore(file: CoreFile): Promise<Uint8Array> {
  if (file !== "core.wasm") throw new PersistenceError("not_supported", `${WITHOUT_SIMD} (${file})`);
  const { CORE_BASE64 } = await loadPackage("The core", () => import("./core-bytes.ts"));
  return fromBase64(CORE_BASE64);
}

const WITHOUT_SIMD =
  "This processor has no SIMD, and what it needs is not in the bundle: leave msal-extensions out of it, as an external package";
