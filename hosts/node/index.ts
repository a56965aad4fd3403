import { installHost } from "../shared/runtime/host.ts";
import { nodeHost } from "./capabilities.ts";

installHost(nodeHost);

export * from "../shared/index.ts";
