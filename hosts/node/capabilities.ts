import { fileSystemTypeOf } from "../shared/runtime/file-system-type.ts";
import { hostOf } from "../shared/runtime/host-of.ts";
import { builtIn } from "./built-in.ts";
import { filesByPath } from "./files-by-path.ts";
import { foreignFunctions } from "./foreign-functions.ts";
import { loadKernelLocks } from "./kernel-locks.ts";
import { thisFile } from "./this-file.ts";
import { coreModule } from "./wasm-module.ts";

const requirePackage = (name: string): unknown => builtIn("node:module").createRequire(thisFile())(name);

const host = hostOf({
  name: "node",
  fs: builtIn("node:fs"),
  paths: builtIn("node:path"),
  process,
  homeFolder: () => builtIn("node:os").homedir(),
  assertNativeCode: () => {},
  foreignFunctions,
  keyring: () => requirePackage("@napi-rs/keyring"),
  requirePackage,
  module: coreModule,
  fileSystemType: (path) => fileSystemTypeOf(builtIn("node:fs"), path),
  isRoot: process.getuid?.() === 0,
  kernelLocks: loadKernelLocks,
  signalProcess: (pid) => void process.kill(pid, 0),
  canSeeProcesses: () => true,
});

const isRestricted = process.permission !== undefined;
export const nodeHost = isRestricted
  ? { ...host, runtime: { ...host.runtime, fs: filesByPath(host.runtime.fs) } }
  : host;
