import { readFileSync } from "node:fs";
import { compileOnce } from "../shared/core/core-module.ts";
import { publishedOrEmbedded } from "../shared/core/embedded-core.ts";

export const coreModule = compileOnce((file) => {
  const here = import.meta.url;
  return publishedOrEmbedded(file, here, (relative) => readFileSync(new URL(relative, here)));
});
