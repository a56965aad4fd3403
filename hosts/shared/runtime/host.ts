import type { Awaitable } from "../core/capabilities.ts";
import type { CoreModule } from "../core/core-module.ts";
import type { EnvironmentSource } from "./environment-names.ts";
import type { ForeignFunctions } from "./foreign-functions.ts";
import type { Runtime } from "./runtime.ts";

/** What the public classes need of a runtime. Each function is called on use, never on import. */
export interface Host {
  readonly name: "node" | "deno" | "bun";
  /** What stores and locks are made of. */
  readonly runtime: Runtime;
  readonly environment: EnvironmentSource;
  /** As Node's `process.arch`. */
  readonly architecture: string;
  /** Throws `permission_denied` where native code may not be loaded: Deno without `--allow-ffi`. Asks nobody. */
  assertNativeCode(): void;
  /** Throws where the runtime cannot call C here. */
  foreignFunctions(): ForeignFunctions;
  /** Loads `@napi-rs/keyring`. A host's own: in Node no `import` names it, which bundlers would follow to its binaries. */
  keyring(): Awaitable<unknown>;
  /** Loads a package of CommonJS anew, where the runtime remembers that it could not import it. */
  requirePackage?(name: string): unknown;
  /** Reads and compiles the core on first use, once per process. */
  module(): Awaitable<CoreModule>;
  /** The user's home folder. Throws, or answers nothing, where there is none. */
  homeFolder(): string | null;
  /**
   * Can it be told whether another process lives? Where not, a killed holder's lock file is
   * respected until it is 30 s old.
   */
  canSeeProcesses(): Awaitable<boolean>;
}

let installed: Host | undefined;

/** A process has one runtime: the entry point of its host says which. */
export function installHost(host: Host): void {
  installed = host;
}

export function host(): Host {
  if (installed === undefined)
    throw new Error("Import msal-extensions by its name: its entry points install the host.");
  return installed;
}
