// A process that takes a lock and keeps it until it is killed.
import { Logger } from "@azure/msal-node";
import { CrossPlatformLock } from "msal-extensions";
import { parent } from "./parent.ts";

const { assignment, tell } = parent<{ type: "holding" }, never>();
const { lockFile } = assignment<{ readonly lockFile: string }>();
await new CrossPlatformLock(lockFile, new Logger({ loggerCallback: () => {} })).lock();
await tell({ type: "holding" });
