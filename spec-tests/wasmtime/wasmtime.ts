import { fileURLToPath } from "node:url";
import { beforeAll } from "vitest";
import { build, isPythonThere, PYTHON } from "./setup.mjs";

export { PYTHON } from "./setup.mjs";

/** Said aloud where it is missing; on CI, which has it, a failure. */
export const isWasmtimeThere = present();

function present(): boolean {
  if (isPythonThere()) return true;
  if (process.env.CI === "true") throw new Error("python3 with venv is missing, and CI must have it");
  console.warn("SKIPPED: python3 with venv is not installed, so there is no wasmtime");
  return false;
}

/** To be called at the top of a test file. */
export function installWasmtime(): void {
  beforeAll(async () => {
    if (isWasmtimeThere) await build();
  }, 300_000);
}

/** The command that starts a script of this folder. */
export function wasmtimeScript(script: string, ...options: string[]): [string, string[]] {
  return [PYTHON, [fileURLToPath(new URL(script, import.meta.url)), ...options]];
}
