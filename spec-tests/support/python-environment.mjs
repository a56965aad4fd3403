import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { builtOnce } from "./built-once.mjs";

const execute = promisify(execFile);

/** The Python of an environment, once `buildEnvironment` has resolved. */
export const pythonOf = (environment) => `${environment}/bin/python`;

/**
 * Makes an environment of Python's with what a manifest of pip's names, unless there is one from the same manifest.
 * Resolves with whether there was something to do.
 */
export function buildEnvironment(environment, requirements) {
  return builtOnce(environment, readFileSync(requirements, "utf8"), async () => {
    const options = ["--quiet", "--disable-pip-version-check", "-r", requirements];
    await execute("python3", ["-m", "venv", environment]);
    await execute(pythonOf(environment), ["-m", "pip", "install", ...options]);
  });
}
