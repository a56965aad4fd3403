import * as fs from "node:fs";
import { homedir } from "node:os";
import * as paths from "node:path";
import process from "node:process";
import { PersistenceError } from "../shared/errors/persistence-error.ts";
import { fileSystemTypeOf } from "../shared/runtime/file-system-type.ts";
import type { ForeignFunctions } from "../shared/runtime/foreign-functions.ts";
import { hostOf } from "../shared/runtime/host-of.ts";
import { isPermitted } from "./deno.ts";
import { foreignFunctions } from "./foreign-functions.ts";
import { loadKernelLocks } from "./kernel-locks.ts";
import { canSeeProcesses, signalProcess } from "./processes.ts";
import { coreModule } from "./wasm-module.ts";

const NOT_PERMITTED = "Deno was not permitted to call native functions. Run it again with --allow-ffi.";

/** Asking the user for permission would stop everything else. */
function assertNativeCode(): void {
  if (!isPermitted("ffi")) throw new PersistenceError("permission_denied", NOT_PERMITTED);
}

function permittedFunctions(): ForeignFunctions {
  assertNativeCode();
  return foreignFunctions();
}

/**
 * Deno 2.9 cuts off what `futimes` gets in floating point: of half of all milliseconds becomes the one
 * before. proper-lockfile compares the time that it gave its lease with the one it finds, and takes
 * another one for another holder's.
 */
const secondsOf = (time: Date | number) => (typeof time === "number" ? time : time.getTime() / 1000 + 0.0001);

function futimes(
  fd: number,
  access: Date | number,
  modified: Date | number,
  done: (error: Error | null) => void,
): void {
  fs.futimes(fd, secondsOf(access), secondsOf(modified), done);
}

function futimesSync(fd: number, access: Date | number, modified: Date | number): void {
  fs.futimesSync(fd, secondsOf(access), secondsOf(modified));
}

/** `node:worker_threads` knows its own only, and is loaded when a lock file names this process: hardly ever. */
const isThread = () =>
  "WorkerGlobalScope" in globalThis || !process.getBuiltinModule("node:worker_threads").isMainThread;

export const denoHost = hostOf({
  name: "deno",
  fs: { ...fs, futimes, futimesSync },
  paths,
  process,
  homeFolder: homedir,
  assertNativeCode,
  foreignFunctions: permittedFunctions,
  keyring: () => import("@napi-rs/keyring"), // literally: Deno's registry rewrites what it can read
  module: coreModule,
  isYoungerThread: isThread,
  fileSystemType: (path) => (isPermitted("sys") ? fileSystemTypeOf(fs, path) : undefined),
  isRoot: false, // to ask would want a permission
  kernelLocks: loadKernelLocks,
  signalProcess,
  canSeeProcesses,
});
