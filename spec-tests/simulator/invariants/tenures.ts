import { LEASE, LOCK_FILE } from "../actors/names.ts";
import { isOurs } from "../scenario/scenario.ts";
import type { Machine } from "../schedule/machine.ts";
import type { SimulatedProcess } from "../schedule/simulated-process.ts";
import type { Change } from "../system/file-system.ts";
import type { Inode } from "../system/inode.ts";
import type { Limit } from "./limits.ts";
import { Violation } from "./violation.ts";

/** From obtaining the lock to giving it back. */
export interface Tenure {
  readonly process: SimulatedProcess;
  readonly inode: Inode;
  /** The step at which the file stopped being at its path, or stopped naming the holder. */
  lostAt: number | undefined;
}

interface Owner {
  process: SimulatedProcess;
  modifiedMs: number;
  /** Two members of the family have written into it, so what it says is neither's name. */
  isGarbled: boolean;
}

const NAMED_GRACE_MS = 30_000;
const EMPTY_GRACE_MS = 2_000;
const LEASE_GRACE_MS = 8_000;

/** Who holds the lock, and whether whoever takes it away may. */
export class Tenures {
  readonly #machine: Machine;
  readonly #count: (limit: Limit) => void;
  readonly #open = new Map<SimulatedProcess, Tenure>();
  /** Every file that has ever been the lock file: who made it or wrote into it last. */
  readonly #owners = new Map<Inode, Owner>();
  readonly #movedAside = new Map<Inode, { by: SimulatedProcess; wasStale: boolean }>();
  #leaseOwner: Owner | undefined;
  readonly #leaseLooks = new Map<SimulatedProcess, { inode: Inode; wasFresh: boolean } | undefined>();

  constructor(machine: Machine, count: (limit: Limit) => void) {
    this.#machine = machine;
    this.#count = count;
  }

  of(process: SimulatedProcess): Tenure | undefined {
    return this.#open.get(process);
  }

  enter(process: SimulatedProcess): void {
    const opened = this.#machine.files.openedBy(process).filter(({ inode }) => this.#owners.has(inode));
    const inode = opened.at(-1)?.inode;
    if (inode === undefined) throw new Violation("exclusion", `${process.label} holds the lock without a lock file`);
    const tenure: Tenure = { process, inode, lostAt: undefined };
    if (!this.#isRight(tenure)) tenure.lostAt = this.#machine.step;
    this.#machine.note(`${process.label} holds the lock (inode ${inode.number})`);
    this.#open.set(process, tenure);
    this.#checkExclusion(tenure);
  }

  forgetAll(): void {
    this.#open.clear();
  }

  leave(process: SimulatedProcess): void {
    this.#open.delete(process);
  }

  onChange(change: Change, name: string | undefined, inode: Inode, by: SimulatedProcess): void {
    if (name === LEASE) this.#onLease(change, inode, by);
    if (name === LOCK_FILE) this.#onLockFile(change, inode, by);
    else if ((change === "removed" || change === "replaced") && this.#owners.has(inode)) this.#onNameGone(inode, by);
    else if (change === "written" && this.#owners.has(inode)) this.#onLockFile(change, inode, by);
    this.#refresh();
  }

  #onLockFile(change: Change, inode: Inode, by: SimulatedProcess): void {
    const owner = this.#owners.get(inode);
    if (change === "created" && owner !== undefined) return; // put back
    if (change === "removed") {
      if (owner !== undefined && owner.process !== by) this.#onTaken(inode, owner, by);
      return;
    }
    if (change === "written" && owner !== undefined && owner.process !== by) this.#onOverwritten(owner, inode, by);
    const process = change === "dated" && owner !== undefined ? owner.process : by;
    const isSecondPeer = owner !== undefined && owner.process !== process && !isOurs(owner.process.actor.member);
    const isGarbled = !isOurs(process.actor.member) && (isSecondPeer || (owner?.isGarbled ?? false));
    this.#owners.set(inode, { process, modifiedMs: inode.modifiedUs / 1000, isGarbled });
  }

  #onTaken(inode: Inode, owner: Owner, by: SimulatedProcess): void {
    const wasStale = this.#isStale(owner, inode, by);
    if (inode.links > 0) this.#movedAside.set(inode, { by, wasStale });
    else this.#judge(owner, inode, by, wasStale);
  }

  #onNameGone(inode: Inode, by: SimulatedProcess): void {
    const moved = this.#movedAside.get(inode);
    const owner = this.#owners.get(inode)!;
    if (moved === undefined || inode.links > 0 || owner.process === by) return;
    this.#movedAside.delete(inode);
    this.#judge(owner, inode, by, moved.wasStale);
  }

  #onOverwritten(owner: Owner, inode: Inode, by: SimulatedProcess): void {
    this.#judge(owner, inode, by, this.#isStale(owner, inode, by));
  }

  /** Somebody ended another one's claim. Nobody's rights are hurt where nobody holds the lock any more. */
  #judge(owner: Owner, inode: Inode, by: SimulatedProcess, wasStale: boolean): void {
    if (!owner.process.isAlive) return;
    const holds = this.#open.get(owner.process)?.inode === inode;
    if (!isOurs(by.actor.member)) {
      if (holds) this.#count("removedByPeer");
    } else if (wasStale) this.#count("takenForDead");
    else if (owner.isGarbled) this.#count("garbledByPeers");
    else if (by.actor.member === "lease" && usesKernelLocks(owner)) this.#count("leaseUnseenByPeer");
    else if (holds) {
      throw new Violation("foreign lock", `${by.label} took the living ${owner.process.label}'s lock away`);
    }
  }

  #isStale(owner: Owner, inode: Inode, by: SimulatedProcess): boolean {
    const age = by.now() - owner.modifiedMs;
    if (!owner.process.isAlive) return true;
    if (inode.content.length === 0 && age >= EMPTY_GRACE_MS) return true;
    return age >= NAMED_GRACE_MS - 1;
  }

  #onLease(change: Change, inode: Inode, by: SimulatedProcess): void {
    const owner = this.#leaseOwner;
    if (change === "removed") {
      this.#leaseOwner = undefined;
      if (owner === undefined || owner.process === by || !owner.process.isAlive) return;
      this.#judgeLease(owner, inode, by);
      return;
    }
    const process = change === "created" ? by : (owner?.process ?? by);
    this.#leaseOwner = { process, modifiedMs: inode.modifiedUs / 1000, isGarbled: false };
  }

  /** A process looked at the lease, if there is one. */
  onLeaseLook(by: SimulatedProcess): void {
    const inode = this.#machine.files.find(LEASE);
    this.#leaseLooks.set(by, inode && { inode, wasFresh: isFresh(inode.modifiedUs / 1000, by) });
  }

  /**
   * Looking and removing are two calls: a stale lease may have been replaced, or renewed, by a living one in between; and one that was
   * a few milliseconds from being stale when it was looked at is stale when that is known.
   */
  #judgeLease({ process, modifiedMs }: Owner, inode: Inode, by: SimulatedProcess): void {
    const look = this.#leaseLooks.get(by);
    const isStillFresh = isFresh(modifiedMs, by);
    const sawItFresh = look?.inode === inode && look.wasFresh;
    if ((sawItFresh && isStillFresh) || !this.#leaseLooks.has(by))
      throw new Violation("foreign lease", `${by.label} removed the living ${process.label}'s lease`);
    this.#count(isStillFresh ? "leaseReplacedAfterLook" : "takenForDead");
  }

  #isRight({ process, inode }: Tenure): boolean {
    if (this.#machine.files.find(LOCK_FILE) !== inode) return false;
    const writer = this.#owners.get(inode)!.process;
    if (writer === process || process.actor.member === "kernel") return true;
    // A kernel lock outlives what members of the family write beside it; what ours writes there takes the lock over.
    return process.actor.member !== "lease" && !isOurs(writer.actor.member);
  }

  #refresh(): void {
    for (const tenure of this.#open.values()) {
      if (this.#isRight(tenure)) tenure.lostAt = undefined;
      else tenure.lostAt ??= this.#machine.step;
    }
  }

  #checkExclusion(entered: Tenure): void {
    for (const other of this.#open.values()) {
      if (other === entered || !other.process.isAlive) continue;
      const ours = [entered, other].filter(({ process }) => isOurs(process.actor.member));
      if (ours.length === 0) continue;
      const bothRight = entered.lostAt === undefined && other.lostAt === undefined;
      if (bothRight && ours.length === 2) throw this.#both(entered, other);
      if (ours.length === 1) this.#besidePeer(ours[0]!, ours[0] === entered ? other : entered, bothRight);
    }
  }

  #besidePeer(ours: Tenure, peer: Tenure, bothRight: boolean): void {
    if (peer.lostAt !== undefined) this.#count("peerOnOrphan");
    else if (!bothRight) return;
    else if (ours.process.actor.member === "lease" && usesKernelLocks(peer)) this.#count("leaseUnseenByPeer");
    else throw this.#both(ours, peer);
  }

  #both(one: Tenure, other: Tenure): Violation {
    return new Violation("exclusion", `${one.process.label} and ${other.process.label} hold the lock at once`);
  }
}

function isFresh(modifiedMs: number, by: SimulatedProcess): boolean {
  return Math.abs(by.now() - modifiedMs) < LEASE_GRACE_MS - 1;
}

function usesKernelLocks({ process }: { readonly process: SimulatedProcess }): boolean {
  return !["node", "python"].includes(process.actor.member);
}
