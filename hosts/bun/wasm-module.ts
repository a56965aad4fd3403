import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { compileOnce } from "../shared/core-module.ts";

/** The package resolves itself, so the file is found from the sources as well as from dist. */
export const coreModule = compileOnce((file) =>
  readFileSync(createRequire(import.meta.url).resolve(`msal-extensions/${file}`)),
);
