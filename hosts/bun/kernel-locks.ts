import { constants } from "node:os";
import { lazily } from "../shared/lock/kernel-locks.ts";
import { posixLocks } from "../shared/lock/kernel-locks-posix.ts";
import { foreignFunctions } from "./foreign-functions.ts";

/**
 * `undefined` where this process can have none: Windows, where Bun's descriptors are not the system's handles, and
 * arm64 of Apple, where a function of variable arguments cannot be called.
 */
export const loadKernelLocks = lazily(() => {
  const { platform, arch } = process;
  if (platform === "win32" || (platform === "darwin" && arch === "arm64")) return undefined;
  return posixLocks(foreignFunctions(), { platform, arch, errno: constants.errno });
});
