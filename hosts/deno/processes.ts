import { constants } from "node:os";
import process from "node:process";
import { isPermitted } from "./deno.ts";
import { foreignFunctions } from "./foreign-functions.ts";

/** Wants `--allow-run` or `--allow-ffi`. With neither it throws: whether the process lives cannot be told. */
export function signalProcess(pid: number): void {
  if (isPermitted("run") || !isPermitted("ffi")) {
    process.kill(pid, 0);
    return;
  }
  const foreign = foreignFunctions();
  const { kill } = foreign.open(null, { kill: { parameters: ["i32", "i32"], result: "i32" } });
  if (kill(pid, 0) === 0) return;
  const code = foreign.errno() === constants.errno.EPERM ? "EPERM" : "ESRCH";
  throw Object.assign(new Error(`${code}: kill`), { code });
}
