import { installHost } from "../shared/host.ts";
import { denoHost } from "./capabilities.ts";

installHost(denoHost);

export * from "../shared/index.ts";
