import { PUBLISHED } from "../shared/core/core-module.ts";

const ABSOLUTE = /^(?:[\\/]|[A-Za-z]:)/;

/**
 * Where this module is, for what is looked for beside it. A bundler that makes CommonJS of it leaves no
 * `import.meta.url` (esbuild), or the one of the machine on which the bundle was made (webpack): what lies at that
 * place here must not be loaded. `bun build` makes modules that keep such a `__filename`, and CommonJS that keeps both;
 * then nothing tells where the bundle is (SECURITY.md).
 */
export function thisFile(): string {
  return isModule() ? import.meta.url : __filename;
}

/**
 * Some loaders of modules (vitest's) define `__filename` as well, and both are the same file. With `node -e`, and in a
 * worker made of text, it is `[eval]` for every module: a name in the current folder, and no file. webpack takes
 * `typeof __filename` for known.
 */
function isModule(): boolean {
  try {
    if (!ABSOLUTE.test(__filename)) return true;
    const url = decodeURI(import.meta.url ?? "");
    return url.endsWith(__filename.replaceAll("\\", "/")) || (url !== "" && !PUBLISHED.test(url));
  } catch {
    return true;
  }
}
