import { readFileSync } from "node:fs";
import { compileOnce, coreFile } from "../shared/core-module.ts";

export const coreModule = compileOnce((file) =>
  readFileSync(new URL(coreFile(file, import.meta.url), import.meta.url)),
);
