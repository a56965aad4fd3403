import { randomBytes } from "node:crypto";
import { chmod, mkdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Capabilities, Log } from "../shared/capabilities.ts";
import type { Host } from "../shared/host.ts";
import { createClock } from "./clock.ts";
import { createLock } from "./lock.ts";
import { createFileStore } from "./store.ts";
import { coreModule } from "./wasm-module.ts";

function connectFile(location: string, log: Log, lockPath = `${location}.lockfile`): Capabilities {
  return {
    store: createFileStore(location),
    cipher: undefined,
    lock: createLock(lockPath),
    clock: createClock(),
    log,
  };
}

/** As Python's `os.path.expanduser`, but for other users' homes (`~name`), which stay as they are. */
function expandHome(location: string): string {
  return /^~(?=$|[/\\])/.test(location) ? homedir() + location.slice(1) : location;
}

/**
 * No empty file is made, as the peers do: where a process deletes the cache and another creates it anew, a file without bytes
 * would look to a third like one that was truncated, and what was removed would come back.
 */
async function prepareFolder(location: string): Promise<void> {
  await mkdir(dirname(location), { recursive: true, mode: 0o700 });
  const isFile = await stat(location).then(
    (found) => found.isFile(),
    () => false,
  );
  // Tokens: an older file may be readable by others. Not ours to change where it has another owner.
  if (isFile) await chmod(location, 0o600).catch(() => undefined);
}

/** What the public classes use on Node. */
export const nodeHost: Host = {
  module: coreModule,
  connectFile,
  expandHome,
  prepareFolder,
  freshNeighbour: (location) => join(dirname(location), `.msal-extensions-${randomBytes(8).toString("hex")}.trial`),
};
