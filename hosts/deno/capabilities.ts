import * as fs from "node:fs";
import { homedir } from "node:os";
import * as paths from "node:path";
import process from "node:process";
import { createClock } from "../shared/clock.ts";
import { fileSystemOf } from "../shared/file-system.ts";
import type { Host } from "../shared/host.ts";
import type { Runtime } from "../shared/runtime.ts";
import { isPermitted } from "./deno.ts";
import { loadKernelLocks } from "./kernel-locks.ts";
import { signalProcess } from "./processes.ts";
import { coreModule } from "./wasm-module.ts";

export const denoRuntime: Runtime = {
  platform: process.platform,
  fs: fileSystemOf(fs),
  paths,
  noFollow: fs.constants.O_NOFOLLOW ?? 0,
  pid: process.pid,
  program: process.argv[1] ?? "deno",
  clock: createClock(),
  kernelLocks: loadKernelLocks,
  signalProcess,
};

export const denoHost: Host = {
  name: "deno",
  runtime: denoRuntime,
  environment: {
    platform: process.platform,
    variable: (name) => process.env[name],
    userId: () => process.getuid?.(),
  },
  module: coreModule,
  homeFolder: homedir,
  canSeeProcesses: () => isPermitted("run") || isPermitted("ffi"),
};
