// Installs FUSE for Python into `.power-cut/`, from the manifest beside this: `npm ci` brings none of it.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { builtOnce } from "../support/built-once.mjs";

const requirements = fileURLToPath(new URL("./requirements.txt", import.meta.url));
const environment = fileURLToPath(new URL("../../.power-cut", import.meta.url));
const execute = promisify(execFile);

/** The Python that has it, once `build` has resolved. */
export const PYTHON = `${environment}/bin/python`;

export const RECORDING_DISK = fileURLToPath(new URL("./recording_disk.py", import.meta.url));

export function build() {
  return builtOnce(environment, readFileSync(requirements, "utf8"), async () => {
    await execute("python3", ["-m", "venv", environment]);
    await execute(PYTHON, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
  });
}
