import type { ChildProcess } from "node:child_process";
import type { Command } from "../processes/child.ts";

/** Where a machine has the folder. */
export const MOUNTED = "/mnt";

/** A machine that uses a folder of another one's. */
export interface Client {
  mount(options: string): unknown;
  unmount(): unknown;
  /** A process on it; its output is to be read. */
  spawn(command: Command): ChildProcess;
  /** With SIGKILL. */
  kill(child: ChildProcess): unknown;
}
