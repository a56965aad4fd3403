import { compileOnce } from "../shared/core-module.ts";
import { CORE_BASE64 } from "./core-bytes.ts";

/**
 * Out of the module graph rather than from a file: reading one would want `--allow-read` of wherever the package is kept. Deno's V8 has
 * SIMD on every platform it is built for, so there is only this build.
 */
export const coreModule = compileOnce(() => Uint8Array.from(atob(CORE_BASE64), (character) => character.charCodeAt(0)));
