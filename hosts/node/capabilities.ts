import * as fs from "node:fs";
import { homedir } from "node:os";
import * as paths from "node:path";
import { createClock } from "../shared/clock.ts";
import { fileSystemOf } from "../shared/file-system.ts";
import type { Host } from "../shared/host.ts";
import type { Runtime } from "../shared/runtime.ts";
import { loadKernelLocks } from "./kernel-locks.ts";
import { coreModule } from "./wasm-module.ts";

export const nodeRuntime: Runtime = {
  platform: process.platform,
  fs: fileSystemOf(fs),
  paths,
  noFollow: fs.constants.O_NOFOLLOW ?? 0,
  pid: process.pid,
  program: process.argv[1] ?? process.execPath,
  clock: createClock(),
  kernelLocks: loadKernelLocks,
  signalProcess: (pid) => void process.kill(pid, 0),
};

export const nodeHost: Host = {
  name: "node",
  runtime: nodeRuntime,
  environment: {
    platform: process.platform,
    variable: (name) => process.env[name],
    userId: () => process.getuid?.(),
  },
  module: coreModule,
  homeFolder: homedir,
  canSeeProcesses: () => true,
};
