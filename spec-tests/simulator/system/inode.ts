import type { AdvisoryLocks } from "./file-locks.ts";

export const EMPTY = new Uint8Array(0);

/** A file or a folder, whatever names it has. */
export class Inode {
  readonly number: number;
  readonly isFolder: boolean;
  content: Uint8Array = EMPTY;
  /** Microseconds since the epoch: the finest that fits a double. */
  modifiedUs: number;
  links = 0;
  /** By the kernel that keeps them. */
  readonly locks = new Map<unknown, AdvisoryLocks>();
  /** What a power cut leaves at least; `undefined` as long as nothing was synced. */
  durable: Uint8Array | undefined;
  isDirty = false;

  constructor(number: number, isFolder: boolean, modifiedUs: number) {
    this.number = number;
    this.isFolder = isFolder;
    this.modifiedUs = modifiedUs;
  }
}
