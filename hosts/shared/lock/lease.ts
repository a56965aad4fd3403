import { hasCode, isGone, unlessGone } from "../files/file-system.ts";
import { loadCommonJs } from "../runtime/load-package.ts";
import type { LockParts } from "./kind-of-lock.ts";
import { LeaseFolder } from "./lease-folder.ts";

/** After this a lease that was not renewed is nobody's. */
const STALE_MS = 8000;
const RENEW_MS = 2000;

/** Where the lease of a holder without kernel locks lies: proper-lockfile's name for it. */
export function leasePath(path: string): string {
  return `${path}.lock`;
}

/** Proves its holder alive as long as it lives: proper-lockfile renews it. */
export interface Lease {
  /** It could not be renewed, or somebody has taken it over. */
  readonly isLost: boolean;
  /** Looks: it may have been taken over and not yet failed to be renewed. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/** The leases on one lock file, one at a time. */
export interface Leases {
  /** `undefined`: somebody else has it. */
  take(): Promise<Lease | undefined>;
}

export function createLeases({ path, files, runtime }: LockParts): Leases {
  const { clock } = runtime;
  const folder = new LeaseFolder(leasePath(path), files, runtime, STALE_MS / 2);

  /**
   * After a clock was set back a dead holder's lease would not be stale for proper-lockfile
   * until its time has come again.
   */
  async function removeFromFuture(): Promise<void> {
    const found = await unlessGone(files.stat(leasePath(path)));
    if (found !== undefined && Number(found.mtimeMs) - clock.now() > STALE_MS) {
      await unlessGone(files.removeFolder(leasePath(path)));
    }
  }

  async function take(): Promise<Lease | undefined> {
    await removeFromFuture();
    const lockfile = await loadLockfile();
    let isLost = false;
    try {
      const release = await lockfile.lock(path, {
        fs: folder.fs,
        realpath: false,
        stale: STALE_MS,
        update: RENEW_MS,
        lockfilePath: leasePath(path),
        onCompromised: () => {
          isLost = true;
        },
      });
      return {
        get isLost() {
          return isLost;
        },
        isHeld: async () => !isLost && (await folder.isHeld()),
        release: async () => {
          const wasLost = isLost;
          isLost = true;
          await (wasLost ? folder.remove() : release());
        },
      };
    } catch (error) {
      // EEXIST, gone: two found it stale, and the other one was quicker. Gone also when the folder around it is
      // gone: the next `create` makes it.
      if (isGone(error) || hasCode(error, "ELOCKED", "EEXIST")) {
        return undefined;
      }
      throw error;
    }
  }

  return { take };
}

/** It is CommonJS, which esbuild makes nothing of in a module unless that is given a `require` (docs/runtimes.md). */
const loadLockfile = () => loadCommonJs("proper-lockfile", async () => (await import("proper-lockfile")).default);
