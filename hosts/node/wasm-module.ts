import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { CoreModule } from "../shared/core-module.ts";

/** A function that returns a v128: valid only where SIMD is. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 5, 1, 0x60, 0, 1, 0x7b],
  ...[3, 2, 1, 0],
  ...[10, 8, 1, 6, 0, 0x41, 0, 0xfd, 0x0f, 0x0b],
);

let compiled: CoreModule | undefined;

/**
 * The core, read and compiled once per process, on first use: synchronously, which takes about a millisecond, so that no two
 * callers do it at once.
 */
export function coreModule(): CoreModule {
  compiled ??= new WebAssembly.Module(readFileSync(coreFile()));
  return compiled;
}

function coreFile(): string {
  const name = WebAssembly.validate(SIMD_PROBE) ? "core.wasm" : "core.portable.wasm";
  // The package resolves itself, so the file is found from the sources as well as from dist.
  return createRequire(import.meta.url).resolve(`msal-extensions/${name}`);
}
