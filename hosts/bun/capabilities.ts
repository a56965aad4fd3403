import * as fs from "node:fs";
import { homedir } from "node:os";
import * as paths from "node:path";
import process from "node:process";
import { fileSystemTypeOf } from "../shared/runtime/file-system-type.ts";
import { hostOf } from "../shared/runtime/host-of.ts";
import { foreignFunctions } from "./foreign-functions.ts";
import { loadKernelLocks } from "./kernel-locks.ts";
import { coreModule } from "./wasm-module.ts";

const { Bun: bun } = globalThis as unknown as { Bun: { readonly isMainThread: boolean } };

export const bunHost = hostOf({
  name: "bun",
  fs,
  paths,
  process,
  homeFolder: homedir,
  assertNativeCode: () => {},
  foreignFunctions,
  keyring: () => import("@napi-rs/keyring"),
  module: coreModule,
  isYoungerThread: () => !bun.isMainThread,
  fileSystemType: (path) => fileSystemTypeOf(fs, path),
  isRoot: process.getuid?.() === 0,
  kernelLocks: loadKernelLocks,
  signalProcess: (pid) => void process.kill(pid, 0),
  canSeeProcesses: () => true,
});
