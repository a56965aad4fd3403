import { installHost } from "../shared/runtime/host.ts";
import { denoHost } from "./capabilities.ts";

installHost(denoHost);

export * from "../shared/index.ts";
