const ABSOLUTE = /^(?:[\\/]|[A-Za-z]:)/;

/**
 * Where this module is, for what is looked for beside it. A bundler that makes CommonJS of it leaves no `import.meta.url` (esbuild), or what it was
 * when the bundle was made, on another machine perhaps (webpack): whatever lies there must not be loaded.
 */
export function thisFile(): string {
  return isModule() ? import.meta.url : __filename;
}

/**
 * Some loaders of modules (vitest's) define `__filename` as well, and both are the same file. With `node -e` and in a worker made of text
 * it is `[eval]` for every module there is: no file, but a name in the current folder. webpack takes `typeof __filename` for known.
 */
function isModule(): boolean {
  try {
    if (!ABSOLUTE.test(__filename)) return true;
    return decodeURI(import.meta.url ?? "").endsWith(__filename.replaceAll("\\", "/"));
  } catch {
    return true;
  }
}
