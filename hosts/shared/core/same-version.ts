import type { StoreVersion } from "./capabilities.ts";

/** Both the same, or both none. */
export function isSameVersion(one: StoreVersion | undefined, other: StoreVersion | undefined): boolean {
  return one?.mtimeNs === other?.mtimeNs && one?.size === other?.size && one?.inode === other?.inode;
}
