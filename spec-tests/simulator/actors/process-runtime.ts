import { posix } from "node:path";
import type { Clock } from "../../../hosts/shared/core/capabilities.ts";
import type { KernelLocks } from "../../../hosts/shared/lock/kernel-locks.ts";
import type { Runtime } from "../../../hosts/shared/runtime/runtime.ts";
import { EXT4, FUSE } from "../../support/file-system-types.ts";
import type { Observer } from "../invariants/observer.ts";
import type { SimulatedProcess } from "../schedule/simulated-process.ts";
import { tryDescriptionLock, tryFlock, unflock } from "../system/file-locks.ts";
import { fileOf, processFiles } from "./process-files.ts";

/** What the file store and the lock are made of, for one simulated process. */
export function processRuntime(process: SimulatedProcess, observer: Observer, clock: Clock): Runtime {
  return {
    platform: "linux",
    fs: processFiles(process, observer),
    paths: posix,
    noFollow: 0,
    nonBlock: 0,
    pid: process.pid,
    isRoot: false,
    startedMs: clock.now(),
    program: "app.js",
    clock,
    kernelLocks: () => (process.actor.member === "kernel" ? processLocks(process) : undefined),
    fileSystemType: () => fileSystemType(process),
    signalProcess(pid) {
      if (!process.canSee(pid)) throw Object.assign(new Error("ESRCH"), { code: "ESRCH" });
    },
  };
}

/**
 * What does not replace in one step may be another machine's, too: who has kernel locks holds a lease besides there. A
 * machine that lends a folder does not know that it does.
 */
function fileSystemType({ machine, actor }: SimulatedProcess): number {
  if (machine.machines === "lent" && actor.container === 0) return EXT4;
  return machine.machines === undefined && machine.replaceMs === 0 ? EXT4 : FUSE;
}

/** The two locks of hosts/shared/lock/kernel-locks-posix.ts. It calls the kernel twice in one go, and so does this. */
function processLocks(process: SimulatedProcess): KernelLocks {
  return {
    recordLocks: true,
    letGo() {},
    lock: (fd) =>
      process.callAtOnce(`lock ${fd}`, () => {
        const file = fileOf(process, fd);
        if (!tryFlock(file)) return false;
        if (tryDescriptionLock(file)) return true;
        unflock(file);
        return false;
      }),
  };
}
