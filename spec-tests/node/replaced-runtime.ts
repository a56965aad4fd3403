import { nodeHost } from "../../hosts/node/capabilities.ts";
import type { Clock, Lock, Store } from "../../hosts/shared/core/capabilities.ts";
import type { FileSystem } from "../../hosts/shared/files/file-system.ts";
import * as stores from "../../hosts/shared/files/store.ts";
import type { KernelLocks } from "../../hosts/shared/lock/kernel-locks.ts";
import * as shared from "../../hosts/shared/lock/lock.ts";
import type { Runtime } from "../../hosts/shared/runtime/runtime.ts";

export const realFileSystem = nodeHost.runtime.fs;

/** What of Node's runtime a test replaces. `kernelLocks` false: a lease is used even where kernel locks can be had. */
export interface Replaced {
  readonly fs?: FileSystem;
  readonly clock?: Clock;
  readonly platform?: string;
  readonly startedMs?: number;
  readonly fileSystemType?: Runtime["fileSystemType"];
  readonly kernelLocks?: boolean | KernelLocks;
}

export type LockOptions = Replaced;

function runtimeWith({ kernelLocks = true, ...parts }: Replaced): Runtime {
  const locks = kernelLocks === true ? nodeHost.runtime.kernelLocks : () => kernelLocks || undefined;
  return { ...nodeHost.runtime, ...parts, kernelLocks: locks };
}

export function createLock(path: string, replaced: Replaced = {}): Lock {
  return shared.createLock(runtimeWith(replaced), path);
}

export function createFileStore(location: string, options: Replaced & stores.FileStoreOptions = {}): Store {
  const { sync = true, ...replaced } = options;
  return new stores.FileStore(runtimeWith(replaced), location, { sync });
}
