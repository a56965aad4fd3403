import * as fs from "node:fs";
import { homedir } from "node:os";
import * as paths from "node:path";
import process from "node:process";
import type { ForeignFunctions } from "../shared/foreign-functions.ts";
import { hostOf } from "../shared/host-of.ts";
import { isPermitted } from "./deno.ts";
import { foreignFunctions } from "./foreign-functions.ts";
import { loadKernelLocks } from "./kernel-locks.ts";
import { signalProcess } from "./processes.ts";
import { coreModule } from "./wasm-module.ts";

/** Asking the user for permission would stop everything else. */
function permittedFunctions(): ForeignFunctions {
  if (!isPermitted("ffi")) throw new Error("Deno was started without --allow-ffi.");
  return foreignFunctions();
}

export const denoHost = hostOf({
  name: "deno",
  fs,
  paths,
  process,
  homeFolder: homedir,
  foreignFunctions: permittedFunctions,
  module: coreModule,
  kernelLocks: loadKernelLocks,
  signalProcess,
  canSeeProcesses: () => isPermitted("run") || isPermitted("ffi"),
});
