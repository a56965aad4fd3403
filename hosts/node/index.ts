import { installHost } from "../shared/host.ts";
import { nodeHost } from "./capabilities.ts";

installHost(nodeHost);

export * from "../shared/index.ts";
