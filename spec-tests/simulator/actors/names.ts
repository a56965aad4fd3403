// Every simulated process sees the one folder under a path of its own, as through a mount of its own: what is kept per
// path in this one real process (turns at a lock, proper-lockfile's leases) is then kept per simulated process.

export const CACHE = "cache";
export const LOCK_FILE = "cache.lockfile";
export const LEASE = "cache.lockfile.lock";

export function pathFor(process: number, name: string): string {
  return `/m${process}/${name}`;
}

/** The name in the folder; empty for the folder itself. */
export function nameAt(path: string): string {
  return path.replace(/^\/m\d+\/?/, "");
}
