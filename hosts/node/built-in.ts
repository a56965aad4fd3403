import nodeModule from "node:module";
import { thisFile } from "./this-file.ts";

/**
 * Node's own modules, not by `import`: for that Node reads every getter they have. So it loads the streams of
 * `node:fs`, and opens standard input and output for `node:process`: 4 ms of a fresh process. Node 22.3 is the first
 * of its line with this function. Nor is `createRequire` called by its name: that is what esbuild's users put before
 * their bundles (docs/runtimes.md).
 */
export const builtIn: typeof process.getBuiltinModule =
  process.getBuiltinModule ?? nodeModule.createRequire(thisFile());
