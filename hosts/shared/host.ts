import type { Capabilities, Log } from "./capabilities.ts";
import type { CoreModule } from "./core-module.ts";

/** What the public classes need of a runtime. Each function is called on use, never on import. */
export interface Host {
  /** Reads and compiles the core on first use, once per process. */
  module(): CoreModule;
  /** Capabilities for the plain file at `location`; the lock file is `lockPath`, or `<location>.lockfile`. */
  connectFile(location: string, log: Log, lockPath?: string): Capabilities;
  /** `~` and `~/…` become the user's home folder; anything else stays as it is. */
  expandHome(location: string): string;
  /** Creates the folder (0700) if it is missing, and makes a file that is at `location` private (0600). */
  prepareFolder(location: string): Promise<void>;
  /** A path in the same folder as `location` that nobody else uses. */
  freshNeighbour(location: string): string;
}
