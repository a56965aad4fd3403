import { installHost } from "../shared/runtime/host.ts";
import { bunHost } from "./capabilities.ts";

installHost(bunHost);

export * from "../shared/index.ts";
