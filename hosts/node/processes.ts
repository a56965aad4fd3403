import { basename } from "node:path";
import { type Files, hasCode } from "./file-system.ts";

/** The longest line a holder writes into its lock file, in bytes. */
const MAX_LINE = 200;

/** `<pid> <program>`: what the whole family writes into a lock file it holds. */
export function describeSelf(): Uint8Array {
  const program = basename(process.argv[1] ?? process.execPath)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the line must stay one line
    .replace(/[\s\u0000-\u001f\u007f]+/gu, "_");
  const line = Buffer.from(`${process.pid} ${program}`);
  return line.length <= MAX_LINE ? line : Buffer.from(line.toString("utf8", 0, MAX_LINE - 3).replace(/\ufffd+$/u, ""));
}

/** Is there such a process on this machine? One that has ended and waits for its parent to notice is gone. */
export async function processAlive(files: Files, pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0 || pid > 0x7fffffff) {
    return false; // 0 and negative numbers would address process groups
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!hasCode(error, "EPERM")) {
      return false;
    }
  }
  return process.platform !== "linux" || !(await isZombie(files, pid));
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
