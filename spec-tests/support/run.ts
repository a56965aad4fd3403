import { execFileSync } from "node:child_process";

/**
 * What a program has printed once it has ended.
 *
 * @throws where it fails, with what it has printed about that
 */
export function run(program: string, ...options: readonly string[]): string {
  return execFileSync(program, options, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
