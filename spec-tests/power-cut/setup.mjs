// Installs FUSE for Python into `.power-cut/`, from the manifest beside this: `npm ci` brings none of it.
import { fileURLToPath } from "node:url";
import { buildEnvironment, pythonOf } from "../support/python-environment.mjs";

const requirements = fileURLToPath(new URL("./requirements.txt", import.meta.url));
const environment = fileURLToPath(new URL("../../.power-cut", import.meta.url));

/** The Python that has it, once `build` has resolved. */
export const PYTHON = pythonOf(environment);

export const RECORDING_DISK = fileURLToPath(new URL("./recording_disk.py", import.meta.url));

export const build = () => buildEnvironment(environment, requirements);
