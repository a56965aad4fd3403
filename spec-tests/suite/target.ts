import type * as Library from "../../hosts/node/index.ts";
import type { CoreModule } from "../../hosts/shared/core/core-module.ts";

/** What the launcher of a runtime hands in. */
export interface Target {
  readonly library: typeof Library;
  /** The core as the host of this runtime loads it. */
  readonly module: CoreModule;
  /** @azure/msal-node as this runtime resolves it. */
  readonly msal: Pick<typeof import("@azure/msal-node"), "PublicClientApplication">;
}
