import { CORE_BASE64 } from "../shared/core/core-bytes.ts";
import { compileOnce } from "../shared/core/core-module.ts";
import { fromBase64 } from "../shared/values/base64.ts";

/**
 * Out of the module graph rather than from a file: reading one would want `--allow-read` of wherever the package is
 * kept. Deno's V8 has SIMD on every platform it is built for, so there is only this build.
 */
export const coreModule = compileOnce(() => fromBase64(CORE_BASE64));
