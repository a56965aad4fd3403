import { constants } from "node:os";
import process from "node:process";
import { isPermitted } from "./deno.ts";
import { foreignFunctions } from "./foreign-functions.ts";

let loaded: ((pid: number) => void) | undefined;

const canCallKill = () => process.platform !== "win32" && isPermitted("ffi");

export const canSeeProcesses = (): boolean => isPermitted("run") || canCallKill();

/**
 * Wants `--allow-run`, or `--allow-ffi` where there is a C library. With neither it throws: whether
 * the process lives cannot be told.
 */
export function signalProcess(pid: number): void {
  if (isPermitted("run") || !canCallKill()) {
    process.kill(pid, 0);
    return;
  }
  loaded ??= signalInC(); // once: a waiter asks again and again
  loaded(pid);
}

function signalInC(): (pid: number) => void {
  const foreign = foreignFunctions();
  const { kill } = foreign.open(null, { kill: { parameters: ["i32", "i32"], result: "i32" } });
  return (pid) => {
    if (kill(pid, 0) === 0) return;
    const code = foreign.errno() === constants.errno.EPERM ? "EPERM" : "ESRCH";
    throw Object.assign(new Error(`${code}: kill`), { code });
  };
}
