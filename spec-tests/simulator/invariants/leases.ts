import { LEASE } from "../actors/names.ts";
import type { Machine } from "../schedule/machine.ts";
import type { SimulatedProcess } from "../schedule/simulated-process.ts";
import type { Change } from "../system/file-system.ts";
import type { Inode } from "../system/inode.ts";
import type { Limit } from "./limits.ts";
import { Violation } from "./violation.ts";

interface Owner {
  readonly process: SimulatedProcess;
  readonly modifiedMs: number;
}

interface LeaseLook {
  readonly inode: Inode;
  readonly modifiedMs: number;
  readonly at: number;
  readonly call: number;
}

const GRACE_MS = 8_000;
/** Looking and removing are two calls, and a renewal may be under way beside them. */
const MAX_CALLS_UNSEEN = 3;

/** Whose the lease is, and whether whoever removes it may. */
export class Leases {
  readonly #machine: Machine;
  readonly #count: (limit: Limit) => void;
  #owner: Owner | undefined;
  readonly #looks = new Map<SimulatedProcess, LeaseLook | undefined>();
  readonly #made = new Map<SimulatedProcess, Inode>();
  /** Another one's, opened as the one just made: that had been removed in between. */
  readonly #mistaken = new Map<SimulatedProcess, Inode>();
  readonly #robbed = new Set<SimulatedProcess>();

  constructor(machine: Machine, count: (limit: Limit) => void) {
    this.#machine = machine;
    this.#count = count;
  }

  /** Somebody removed this living process's lease, as a documented limit has it. */
  isRobbed(process: SimulatedProcess): boolean {
    return this.#robbed.has(process);
  }

  onChange(change: Change, inode: Inode, by: SimulatedProcess): void {
    const owner = this.#owner;
    if (change === "removed") {
      this.#owner = undefined;
      if (owner !== undefined && owner.process !== by && owner.process.isAlive) this.#judge(owner, inode, by);
      return;
    }
    if (change === "created") {
      this.#made.set(by, inode);
      this.#robbed.delete(by);
    }
    const process = change === "created" ? by : (owner?.process ?? by);
    this.#owner = { process, modifiedMs: inode.modifiedUs / 1000 };
  }

  /** A process looked at the lease, if there is one. */
  onLook(by: SimulatedProcess): void {
    const inode = this.#machine.files.find(LEASE);
    const look = inode && { inode, modifiedMs: inode.modifiedUs / 1000, at: by.now(), call: by.calls };
    this.#looks.set(by, look);
  }

  /** A process opens the one it has made. */
  onOpen(by: SimulatedProcess): void {
    const found = this.#machine.files.find(LEASE);
    if (found !== undefined && found !== this.#made.get(by) && this.#robbed.has(by)) this.#mistaken.set(by, found);
  }

  #judge(owner: Owner, inode: Inode, by: SimulatedProcess): void {
    const look = this.#looks.get(by);
    const removed = `${by.label} removed the living ${owner.process.label}'s lease`;
    if (!this.#looks.has(by)) throw new Violation("foreign lease", removed);
    if (look !== undefined && by.calls - look.call > MAX_CALLS_UNSEEN) {
      throw new Violation("foreign lease", `${removed} long after its last look`);
    }
    if (look?.inode === inode && !isStale(look, by) && this.#mistaken.get(by) !== inode) {
      throw new Violation("foreign lease", removed);
    }
    const isFresh = Math.abs(by.now() - owner.modifiedMs) < GRACE_MS - 1;
    this.#count(isFresh ? "leaseReplacedAfterLook" : "takenForDead");
    this.#robbed.add(owner.process);
  }
}

/**
 * What it saw was stale, or from the future, at the look or is now: when exactly it judged
 * cannot be seen, and clocks jump.
 */
function isStale({ at, modifiedMs }: LeaseLook, by: SimulatedProcess): boolean {
  return [at, by.now()].some((now) => Math.abs(now - modifiedMs) >= GRACE_MS - 1);
}
