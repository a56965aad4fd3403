import type { Runtime } from "../runtime/runtime.ts";
import { type Files, hasCode } from "./file-system.ts";

/** The longest line a holder writes into its lock file, in bytes. */
const MAX_LINE = 200;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `<pid> <program>`: what the whole family writes into a lock file it holds. */
export function describeSelf({ pid, program, paths }: Pick<Runtime, "pid" | "program" | "paths">): Uint8Array {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the line must stay one line
  const name = paths.basename(program).replace(/[\s\u0000-\u001f\u007f]+/gu, "_");
  const line = encoder.encode(`${pid} ${name}`);
  if (line.length <= MAX_LINE) {
    return line;
  }
  return encoder.encode(decoder.decode(line.subarray(0, MAX_LINE - 3)).replace(/\ufffd+$/u, ""));
}

/**
 * Is there such a process on this machine? One that has ended and waits for its parent to notice is gone. Throws where
 * the runtime may not ask (Deno without permission): the core then treats it as one that may live.
 */
export async function processAlive(files: Files, pid: number, runtime: Runtime): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0 || pid > 0x7fffffff) {
    return false; // 0 and negative numbers would address process groups
  }
  try {
    runtime.signalProcess(pid);
  } catch (error) {
    if (hasCode(error, "ESRCH")) {
      return false;
    }
    if (!hasCode(error, "EPERM")) {
      throw error;
    }
  }
  return runtime.platform !== "linux" || !(await isZombie(files, pid));
}

async function isZombie(files: Files, pid: number): Promise<boolean> {
  try {
    const status = await files.readText(`/proc/${pid}/stat`);
    // "pid (name) state …", and the name may hold parentheses and spaces.
    const state = status.slice(status.lastIndexOf(")") + 2)[0];
    return state === "Z" || state === "X";
  } catch (error) {
    return hasCode(error, "ESRCH"); // gone between the two looks; without /proc the signal's word stands
  }
}
