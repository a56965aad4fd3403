import { type ChildProcess, spawn } from "node:child_process";
import type { Client } from "./client.ts";

/** Of the machine that this runs on. */
export const localProcesses: Pick<Client, "spawn" | "kill"> = {
  spawn: ([path, ...options]) => spawn(path, options, { stdio: ["ignore", "pipe", "inherit"] }),
  kill: (child: ChildProcess) => child.kill("SIGKILL"),
};
