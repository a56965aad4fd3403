import type { LockInspection, TakeOver } from "../core/capabilities.ts";
import type { Files } from "../files/file-system.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** What both kinds work with. */
export interface LockParts {
  readonly path: string;
  readonly files: Files;
  readonly runtime: Runtime;
}

/** What differs between the two. */
export interface KindOfLock {
  create(): Promise<boolean>;
  takeOver(inspected: LockInspection): Promise<TakeOver>;
  check(): Promise<boolean>;
  touch(): Promise<boolean>;
  release(): Promise<void>;
}
