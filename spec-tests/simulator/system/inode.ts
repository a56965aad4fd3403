import type { OpenFile } from "./open-file.ts";

export const EMPTY = new Uint8Array(0);

/** A file or a folder, whatever names it has. */
export class Inode {
  readonly number: number;
  readonly isFolder: boolean;
  content: Uint8Array = EMPTY;
  /** Microseconds since the epoch: the finest that fits a double. */
  modifiedUs: number;
  links = 0;
  /** Held with `flock`, by an open file description. */
  flockedBy: OpenFile | undefined;
  /** Held with `fcntl`: by an open file description (OFD) or by a process (POSIX). */
  recordLockedBy: object | undefined;
  /** What a power cut leaves at least; `undefined` as long as nothing was synced. */
  durable: Uint8Array | undefined;
  isDirty = false;

  constructor(number: number, isFolder: boolean, modifiedUs: number) {
    this.number = number;
    this.isFolder = isFolder;
    this.modifiedUs = modifiedUs;
  }
}
