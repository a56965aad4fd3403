import { promptFileSystem, type SystemFunctions } from "../files/prompt-file-system.ts";
import { createClock } from "./clock.ts";
import type { Host } from "./host.ts";
import type { Paths, Runtime } from "./runtime.ts";

/** The modules of Node that all three runtimes have, and what each of them does in its own way. */
export interface HostParts
  extends Pick<
    Host,
    | "name"
    | "assertNativeCode"
    | "foreignFunctions"
    | "keyring"
    | "requirePackage"
    | "module"
    | "homeFolder"
    | "canSeeProcesses"
  > {
  readonly fs: SystemFunctions & { readonly constants: { readonly O_NOFOLLOW?: number; readonly O_NONBLOCK?: number } };
  readonly paths: Paths;
  readonly process: {
    readonly platform: string;
    readonly arch: string;
    readonly pid: number;
    readonly argv: readonly string[];
    readonly env: Readonly<Record<string, string | undefined>>;
    getuid?(): number;
    uptime(): number;
    hrtime(): readonly [seconds: number, nanoseconds: number];
  };
  /**
   * Is this a thread whose `process.uptime` counts from when the thread began? Node's counts from when the process did.
   */
  readonly isYoungerThread?: () => boolean;
  readonly fileSystemType: Runtime["fileSystemType"];
  readonly isRoot: Runtime["isRoot"];
  readonly kernelLocks: Runtime["kernelLocks"];
  readonly signalProcess: Runtime["signalProcess"];
}

/** Node loads all that measures performance for the first `performance.now()`: 1 ms of a fresh process. */
function milliseconds([seconds, nanoseconds]: readonly [number, number]): number {
  return seconds * 1e3 + nanoseconds / 1e6;
}

export function hostOf(parts: HostParts): Host {
  const { fs, paths, process, isYoungerThread, fileSystemType, isRoot, kernelLocks, signalProcess, ...own } = parts;
  const { platform, pid, argv } = process;
  const startedMs = Date.now() - process.uptime() * 1e3;
  return {
    ...own,
    runtime: {
      platform,
      fs: promptFileSystem(fs, () => milliseconds(process.hrtime())),
      paths,
      noFollow: fs.constants.O_NOFOLLOW ?? 0, // Windows lacks these flags
      nonBlock: fs.constants.O_NONBLOCK ?? 0,
      fileSystemType,
      pid,
      isRoot,
      get startedMs() {
        return isYoungerThread?.() ? Number.NEGATIVE_INFINITY : startedMs;
      },
      program: argv[1] ?? own.name,
      clock: createClock(),
      kernelLocks,
      signalProcess,
    },
    architecture: process.arch,
    environment: { platform, variable: (name) => process.env[name], userId: () => process.getuid?.() },
  };
}
