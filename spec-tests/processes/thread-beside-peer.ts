// A process that holds a lock as the Node peer does, by a file with its number alone, and starts a thread
// later that wants the same lock.
import { writeFileSync } from "node:fs";
import process from "node:process";
import { parent } from "./parent.ts";

export interface ThreadAssignment {
  readonly lockFile: string;
  readonly threads: "node:worker_threads" | "web";
}

/** The clock that dates files may differ by 2 s (hosts/shared/lock/lock.ts). */
const LATER_MS = 2500;

const { assignment } = parent();
const { lockFile, threads } = assignment<ThreadAssignment>();
writeFileSync(lockFile, String(process.pid));
await new Promise((resolve) => setTimeout(resolve, LATER_MS));
process.env.LOCK_FILE = lockFile;
const { Worker } = threads === "web" ? (globalThis as never) : await import("node:worker_threads");
new Worker(new URL("./thread-wants-lock.js", import.meta.url), { type: "module" } as never);
