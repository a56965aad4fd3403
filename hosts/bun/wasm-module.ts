import { readFileSync } from "node:fs";
import { compileOnce, coreFile } from "../shared/core-module.ts";
import { embeddedCore } from "../shared/embedded-core.ts";

export const coreModule = compileOnce((file) => {
  const here = import.meta.url;
  const published = coreFile(file, here);
  return (published && readIfThere(new URL(published, here))) || embeddedCore(file);
});

function readIfThere(path: URL): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined; // whatever the reason, a copy will do
  }
}
