// A process that commits one token, unless it has killed itself before: at the call of this number of
// those that change what others find.
import process from "node:process";
import type { FileSystem } from "../../hosts/shared/files/file-system.ts";
import type { KernelLocks } from "../../hosts/shared/lock/kernel-locks.ts";
import { host, installHost } from "../../hosts/shared/runtime/host.ts";
import { library } from "../support/library.ts";
import { parent } from "./parent.ts";

export interface KillAssignment {
  readonly cache: string;
  readonly kind: "K" | "P";
  /** What it commits. */
  readonly document: string;
  /** 0: it is not killed. */
  readonly call: number;
}

/** It has made so many of these calls. */
export type KillNews = { readonly type: "committed"; readonly calls: number };

const CHANGING = new Set([
  "open",
  "write",
  "ftruncate",
  "futimes",
  "fsync",
  "link",
  "rename",
  "unlink",
  "mkdir",
  "rmdir",
  "lock",
]);

const { assignment, tell } = parent<KillNews, never>();
const { cache, kind, document, call } = assignment<KillAssignment>();
let calls = 0;
let counts = false;

type Work = (...values: unknown[]) => unknown;

function killing<T extends object>(functions: T): T {
  const entries = Object.entries(functions).map(([name, work]) => [name, CHANGING.has(name) ? killedIn(work) : work]);
  return Object.fromEntries(entries) as T;
}

function killedIn(work: Work): Work {
  return (...values) => {
    if (counts && ++calls === call) process.kill(process.pid, "SIGKILL");
    return work(...values);
  };
}

const { runtime } = host();
const fs = killing<FileSystem>(runtime.fs);
const kernelLocks = () => (kind === "P" ? undefined : killing<KernelLocks>(runtime.kernelLocks()!));
installHost({ ...host(), runtime: { ...runtime, fs, kernelLocks } });
const store = await library.TokenCacheStore.open(cache);
counts = true;
await store.commit(undefined, document);
await tell({ type: "committed", calls });
process.exit(0);
