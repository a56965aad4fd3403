import type { Clock } from "../core/capabilities.ts";
import type { KernelLocks } from "./kernel-locks.ts";
import type { LockFile } from "./lock-file.ts";

/** Waits between a creator's tries for its first kernel lock, about 10 ms in all. */
const PATIENCE_MS = [1, 2, 3, 4];

/** Of a file that was created in place: a peer may look at it with a kernel lock just then. `false`: somebody holds it. */
export async function lockPatiently(kernel: KernelLocks, file: LockFile, clock: Clock): Promise<boolean> {
  for (const ms of PATIENCE_MS) {
    if (kernel.lock(file.fd, file.path)) {
      return true;
    }
    await clock.sleep(ms);
  }
  return kernel.lock(file.fd, file.path);
}

/** The kernel's locks go with the descriptors they are on. */
export async function closeLocked(kernel: KernelLocks | undefined, file: LockFile): Promise<void> {
  kernel?.letGo(file.fd);
  await file.close();
}
