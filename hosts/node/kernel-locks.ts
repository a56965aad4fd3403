import { lazily } from "../shared/lock/kernel-locks.ts";
import { posixLocks } from "../shared/lock/kernel-locks-posix.ts";
import { windowsLocks } from "../shared/lock/kernel-locks-windows.ts";
import { builtIn } from "./built-in.ts";
import { foreignFunctions } from "./foreign-functions.ts";

/** `undefined` where this process can have none: no koffi, or not a platform we know. */
export const loadKernelLocks = lazily(() => {
  const { platform, arch } = process;
  if (platform === "win32") return windowsLocks(foreignFunctions(), arch);
  const system = {
    platform,
    arch,
    get errno() {
      return builtIn("node:os").constants.errno;
    },
  };
  return posixLocks(foreignFunctions(), system);
});
