import { CrossPlatformLockBase } from "../shared/cross-platform-lock.ts";
import type { Host } from "../shared/host.ts";
import { nodeHost } from "./capabilities.ts";

export class CrossPlatformLock extends CrossPlatformLockBase {
  protected override readonly host: Host = nodeHost;
}
