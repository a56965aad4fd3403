// A process that takes a lock and keeps it until it is killed.
import { Logger } from "@azure/msal-node";
import { host, installHost } from "../../hosts/shared/runtime/host.ts";
import { library } from "../support/library.ts";
import { parent } from "./parent.ts";

const { assignment, tell } = parent<{ type: "holding" }, never>();
const { lockFile, kind = "K" } = assignment<{ readonly lockFile: string; readonly kind?: "K" | "P" }>();
if (kind === "P") installHost({ ...host(), runtime: { ...host().runtime, kernelLocks: () => undefined } });
await new library.CrossPlatformLock(lockFile, new Logger({ loggerCallback: () => {} })).lock();
await tell({ type: "holding" });
