import { lazily } from "../shared/kernel-locks.ts";
import { posixLocks } from "../shared/kernel-locks-posix.ts";
import { windowsLocks } from "../shared/kernel-locks-windows.ts";
import { builtIn } from "./built-in.ts";
import { foreignFunctions } from "./foreign-functions.ts";

/** `undefined` where this process can have none: no koffi, or not a platform we know. */
export const loadKernelLocks = lazily(() => {
  const { platform, arch } = process;
  return platform === "win32"
    ? windowsLocks(foreignFunctions(), arch)
    : posixLocks(foreignFunctions(), { platform, arch, errno: builtIn("node:os").constants.errno });
});
