// Installs wasmtime for Python into `.wasmtime/`, from the manifest beside this: `npm ci` brings none of it. What is
// there already and unchanged is left alone. As a program it prints what it did.
//   node spec-tests/wasmtime/setup.mjs
import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { builtOnce } from "../support/built-once.mjs";

const requirements = fileURLToPath(new URL("./requirements.txt", import.meta.url));
const environment = fileURLToPath(new URL("../../.wasmtime", import.meta.url));
const execute = promisify(execFile);

/** The Python that has wasmtime, once `build` has resolved. */
export const PYTHON = `${environment}/bin/python`;

/** Is there a Python to install it into? */
export function isPythonThere() {
  try {
    execFileSync("python3", ["-c", "import ensurepip"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Resolves with whether there was something to do. */
export function build() {
  return builtOnce(environment, readFileSync(requirements, "utf8"), async () => {
    await execute("python3", ["-m", "venv", environment]);
    await execute(PYTHON, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log((await build()) ? `installed into ${environment}` : "unchanged");
}
