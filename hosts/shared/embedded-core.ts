import { type CoreFile, fromBase64 } from "./core-module.ts";
import { PersistenceError } from "./errors.ts";

/**
 * For applications that are bundled (esbuild, Rollup, webpack, `bun build`): they leave files that are read behind, and take modules along. A module
 * of its own, since no other application is to read 58 KB that it does not need.
 *
 * @throws PersistenceError `not_supported` on a processor without SIMD, for which there is no such copy
 */
export async function embeddedCore(file: CoreFile): Promise<Uint8Array> {
  if (file !== "core.wasm") throw new PersistenceError("not_supported", `${WITHOUT_SIMD} (${file})`);
  const { CORE_BASE64 } = await import("./core-bytes.ts");
  return fromBase64(CORE_BASE64);
}

const WITHOUT_SIMD =
  "This processor has no SIMD, and what it needs is not in the bundle: leave msal-extensions out of it, as an external package";
