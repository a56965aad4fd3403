import { execFileSync } from "node:child_process";

function succeeds(test) {
  try {
    execFileSync("sh", ["-c", test], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * What is not installed of what something is built with (a shell test by the name of each); nothing: it can be built.
 */
export const missingOf = (needs) => Object.entries(needs).flatMap(([what, test]) => (succeeds(test) ? [] : [what]));
