// Installs wasmtime for Python into `.wasmtime/`, from the manifest beside this: `npm ci` brings none of it. What is
// there already and unchanged is left alone. As a program it prints what it did.
//   node spec-tests/wasmtime/setup.mjs
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { buildEnvironment, pythonOf } from "../support/python-environment.mjs";

const requirements = fileURLToPath(new URL("./requirements.txt", import.meta.url));
const environment = fileURLToPath(new URL("../../.wasmtime", import.meta.url));

/** The Python that has wasmtime, once `build` has resolved. */
export const PYTHON = pythonOf(environment);

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
export const build = () => buildEnvironment(environment, requirements);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log((await build()) ? `installed into ${environment}` : "unchanged");
}
