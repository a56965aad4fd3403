import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** An option of Node's that makes it find no SIMD. */
export const WITHOUT_SIMD = "--import=data:text/javascript,WebAssembly.validate=()=>false";

/** @returns what it has printed; its errors are in the exception */
export function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** @returns the path of what npm would publish */
export function packTarball(folder: string): string {
  run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], root);
  return join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) as string);
}

/** What npm would publish, installed into an empty folder the way a user does it. */
export function installTarball(folder: string): void {
  const tarball = packTarball(folder);
  writeFileSync(join(folder, "package.json"), '{"private":true}');
  run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", tarball], folder);
}
