import type { Inode } from "./inode.ts";

/**
 * An open file description. Each belongs to one descriptor of one process: nothing here duplicates or inherits them.
 */
export class OpenFile {
  readonly descriptor: number;
  readonly inode: Inode;
  readonly owner: object;
  /** Of the owner's machine. */
  readonly kernel: unknown;

  constructor(descriptor: number, inode: Inode, owner: object, kernel: unknown) {
    this.descriptor = descriptor;
    this.inode = inode;
    this.owner = owner;
    this.kernel = kernel;
  }
}
