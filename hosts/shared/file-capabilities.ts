import type { Capabilities, Log } from "./capabilities.ts";
import { toPersistenceError } from "./errors.ts";
import { Files, quietly } from "./file-system.ts";
import { host } from "./host.ts";
import { createLock } from "./lock.ts";
import { randomName } from "./random-name.ts";
import type { Runtime } from "./runtime.ts";
import { createFileStore } from "./store.ts";

/** Capabilities for the plain file at `location`. */
export function connectFile(location: string, log: Log, lockPath = `${location}.lockfile`): Capabilities {
  const { runtime } = host();
  return {
    store: createFileStore(runtime, location),
    cipher: undefined,
    lock: createLock(runtime, lockPath),
    clock: runtime.clock,
    log,
  };
}

/** As Python's `os.path.expanduser`, but for other users' homes (`~name`), which stay as they are. */
export function expandHome(location: string): string {
  if (!/^~(?=$|[/\\])/.test(location)) return location;
  try {
    return host().homeFolder() + location.slice(1);
  } catch (error) {
    throw toPersistenceError(error, location); // Deno without permission
  }
}

/**
 * Creates the folder (0700) if it is missing, and makes a file that is at `location` private (0600).
 *
 * No empty file is made, as the peers do: where a process deletes the cache and another creates it anew, a file without bytes
 * would look to a third like one that was truncated, and what was removed would come back.
 */
export async function prepareFolder(location: string): Promise<void> {
  const { runtime } = host();
  const files = new Files(runtime.fs);
  await files.makeFolder(runtime.paths.dirname(location));
  const isFile = await files.stat(location).then(
    (found) => found.isFile(),
    () => false,
  );
  // Tokens: an older file may be readable by others. Not ours to change where it has another owner.
  if (isFile) await quietly(files.chmod(location, 0o600));
}

/** A path in the same folder as `location` that nobody else uses. */
export function freshNeighbour(location: string, { paths, clock }: Runtime = host().runtime): string {
  return paths.join(paths.dirname(location), `.msal-extensions-${randomName(clock)}.trial`);
}
