import * as fs from "node:fs";
import { homedir } from "node:os";
import * as paths from "node:path";
import process from "node:process";
import { hostOf } from "../shared/host-of.ts";
import { isPermitted } from "./deno.ts";
import { loadKernelLocks } from "./kernel-locks.ts";
import { signalProcess } from "./processes.ts";
import { coreModule } from "./wasm-module.ts";

export const denoHost = hostOf({
  name: "deno",
  fs,
  paths,
  process,
  homeFolder: homedir,
  module: coreModule,
  kernelLocks: loadKernelLocks,
  signalProcess,
  canSeeProcesses: () => isPermitted("run") || isPermitted("ffi"),
});
