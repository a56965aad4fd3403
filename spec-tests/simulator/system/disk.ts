import type { Random } from "../schedule/random.ts";
import { EMPTY, type Inode } from "./inode.ts";

type Names = Map<string, Inode>;
type Change = ReadonlyArray<readonly [name: string, inode: Inode | undefined]>;

/**
 * What is certain to survive a power cut, and what may. Names: a folder's changes reach the disk in order,
 * so a cut keeps those up to some point after the last `fsync` of the folder. Content: what was synced; of
 * later writes anything, or NULs.
 */
export class Disk {
  readonly #certain: Names = new Map();
  #changes: Change[] = [];

  recordChange(...change: Change): void {
    this.#changes.push(change);
  }

  isCertain(name: string, inode: Inode): boolean {
    return this.#certain.get(name) === inode && !this.#changes.some((change) => change.some(([at]) => at === name));
  }

  syncFolder(): void {
    for (const change of this.#changes) apply(this.#certain, change);
    this.#changes = [];
  }

  syncFile(inode: Inode): void {
    inode.durable = inode.content;
    inode.isDirty = false;
  }

  /** The names that are left, with inodes whose content is what is left of it. */
  cutPower(random: Random): Names {
    const kept = random.below(this.#changes.length + 1);
    for (const change of this.#changes.slice(0, kept)) apply(this.#certain, change);
    this.#changes = [];
    for (const inode of new Set(this.#certain.values())) {
      if (inode.isDirty) inode.content = remains(inode, random);
      inode.durable = inode.content;
      inode.isDirty = false;
    }
    return new Map(this.#certain);
  }
}

function apply(names: Names, change: Change): void {
  for (const [name, inode] of change) {
    if (inode === undefined) names.delete(name);
    else names.set(name, inode);
  }
}

function remains(inode: Inode, random: Random): Uint8Array {
  switch (random.below(4)) {
    case 0:
      return inode.durable ?? EMPTY;
    case 1:
      return inode.content.slice(0, random.below(inode.content.length + 1));
    case 2:
      return new Uint8Array(inode.content.length);
    default:
      return inode.content;
  }
}
