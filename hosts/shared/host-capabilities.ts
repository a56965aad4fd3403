import { host } from "./runtime/host.ts";

/** What this host can do here and now: it may depend on the platform, on optional packages and on permissions. */
export interface HostCapabilities {
  readonly host: "node" | "deno" | "bun";
  /** K: kernel locks, freed at once when their holder dies. P: a lease, taken over after 9 s. docs/lock.md */
  readonly lockKind: "K" | "P";
  /** Does a holder keep Java's msal4j-persistence-extension out as well? */
  readonly recordLocks: boolean;
  /** Is a killed holder's lock taken over as `lockKind` says? Otherwise only when its file is 30 s old. */
  readonly seesProcesses: boolean;
}

export async function hostCapabilities(): Promise<HostCapabilities> {
  const { name, runtime, canSeeProcesses } = host();
  const locks = runtime.kernelLocks();
  return {
    host: name,
    lockKind: locks === undefined ? "P" : "K",
    recordLocks: locks?.recordLocks ?? false,
    seesProcesses: await canSeeProcesses(),
  };
}
