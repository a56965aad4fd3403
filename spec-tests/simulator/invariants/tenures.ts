import { LEASE, LOCK_FILE } from "../actors/names.ts";
import { isOurs } from "../scenario/scenario.ts";
import type { Machine } from "../schedule/machine.ts";
import type { SimulatedProcess } from "../schedule/simulated-process.ts";
import type { Change } from "../system/file-system.ts";
import type { Inode } from "../system/inode.ts";
import { Leases } from "./leases.ts";
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
  isEmpty: boolean;
  /** What it was before its owner renewed it, or wrote into it, and how far everybody's calls were counted then. */
  renewed: Renewed | undefined;
  /** Two members of the family have written into it, so what it says is neither's name. */
  isGarbled: boolean;
}

interface Renewed {
  readonly before: Pick<Owner, "modifiedMs" | "isEmpty">;
  readonly calls: ReadonlyMap<SimulatedProcess, number>;
}

const NAMED_GRACE_MS = 30_000;
const EMPTY_GRACE_MS = 2_000;
/** Between the last look of kind K at the time of a file that it takes over and its writing lies a look at the path. */
const MAX_CALLS_UNSEEN = 2;
/**
 * Between the look that permits a removal and the removal lies one more, at the path, or the
 * closing of what was looked at.
 */
const MAX_CALLS_TO_REMOVAL = 2;

/** What a removal may rest on, at the moment in which the name goes. */
interface Grounds {
  readonly wasStale: boolean;
  /** So it was when it looked: nobody can look and remove in one call. */
  readonly looked: boolean;
}

/** Who holds the lock, and whether whoever takes it away may. */
export class Tenures {
  readonly #machine: Machine;
  readonly #count: (limit: Limit) => void;
  readonly #open = new Map<SimulatedProcess, Tenure>();
  /** Every file that has ever been the lock file: who made it or wrote into it last. */
  readonly #owners = new Map<Inode, Owner>();
  readonly #movedAside = new Map<Inode, Grounds & { readonly by: SimulatedProcess }>();
  /** Members of the family without kernel locks that were too slow with this lock file, and may still write into it. */
  readonly #givenUp = new Map<SimulatedProcess, Inode>();
  readonly leases: Leases;
  /** What each process's calls were counted up to when it last saw a lock file that was its to remove. */
  readonly #sawRemovable = new Map<SimulatedProcess, number>();

  constructor(machine: Machine, count: (limit: Limit) => void) {
    this.#machine = machine;
    this.#count = count;
    this.leases = new Leases(machine, count);
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
    if (name === LEASE) this.leases.onChange(change, inode, by);
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
    const isEmpty = inode.content.length === 0;
    const renewed = owner?.process === process && change !== "created" ? this.#renewed(owner) : undefined;
    this.#owners.set(inode, { process, modifiedMs: inode.modifiedUs / 1000, isEmpty, isGarbled, renewed });
  }

  #renewed({ modifiedMs, isEmpty }: Owner): Renewed {
    return {
      before: { modifiedMs, isEmpty },
      calls: new Map(this.#machine.processes.map((process) => [process, process.calls])),
    };
  }

  /** A process sees a lock file: by its name, or what is in it. */
  onLook(process: SimulatedProcess, inode: Inode | undefined): void {
    const owner = inode && this.#owners.get(inode);
    if (owner === undefined) return;
    if (owner.process === process || isStale(owner, process)) this.#sawRemovable.set(process, process.calls);
  }

  /** A renewal of the lease goes on beside whatever else a process does. */
  onRenewal(process: SimulatedProcess): void {
    const calls = this.#sawRemovable.get(process);
    if (calls !== undefined) this.#sawRemovable.set(process, calls + 1);
  }

  #groundsOf(owner: Owner, by: SimulatedProcess): Grounds {
    const calls = by.calls - (this.#sawRemovable.get(by) ?? 0);
    return { wasStale: isStale(owner, by), looked: calls <= MAX_CALLS_TO_REMOVAL };
  }

  #onTaken(inode: Inode, owner: Owner, by: SimulatedProcess): void {
    const grounds = this.#groundsOf(owner, by);
    if (inode.links > 0) this.#movedAside.set(inode, { ...grounds, by });
    else this.#judge(owner, inode, by, grounds);
  }

  #onNameGone(inode: Inode, by: SimulatedProcess): void {
    const moved = this.#movedAside.get(inode);
    const owner = this.#owners.get(inode)!;
    if (moved === undefined || inode.links > 0 || owner.process === by) return;
    this.#movedAside.delete(inode);
    this.#judge(owner, inode, by, moved);
  }

  #onOverwritten(owner: Owner, inode: Inode, by: SimulatedProcess): void {
    this.#judge(owner, inode, by, { wasStale: isStale(owner, by), looked: false });
  }

  /** Somebody ended another one's claim. Nobody's rights are hurt where nobody holds the lock any more. */
  #judge(owner: Owner, inode: Inode, by: SimulatedProcess, { wasStale, looked }: Grounds): void {
    if (!owner.process.isAlive) return;
    const holds = this.#open.get(owner.process)?.inode === inode;
    if (!isOurs(by.actor.member)) {
      if (holds) this.#count("removedByPeer");
    } else if (wasStale) {
      this.#count("takenForDead");
      if (!isOurs(owner.process.actor.member)) this.#givenUp.set(owner.process, inode);
    } else if (owner.isGarbled) this.#count("garbledByPeers");
    else if (this.#givenUp.get(owner.process) === inode)
      this.#count("takenForDead"); // it has written into a lock that was another's by then
    else if (by.actor.member === "lease" && usesKernelLocks(owner)) this.#count("leaseUnseenByPeer");
    else if (this.leases.isRobbed(owner.process)) this.#count("leaseReplacedAfterLook");
    else if (holds && looked) this.#count("lostBetweenLookAndRemoving");
    else if (holds) {
      throw new Violation("foreign lock", `${by.label} took the living ${owner.process.label}'s lock away`);
    }
  }

  #isRight({ process, inode }: Tenure): boolean {
    if (this.#machine.files.find(LOCK_FILE) !== inode || this.#givenUp.get(process) === inode) return false;
    const writer = this.#owners.get(inode)!.process;
    if (writer === process) return true;
    if (this.#machine.machines !== undefined) return false; // it may be on another, where no kernel lock shows
    if (process.actor.member === "kernel") return true;
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
    if (this.#givenUp.get(peer.process) === peer.inode) this.#count("takenForDead");
    else if (peer.lostAt !== undefined) this.#count("peerOnOrphan");
    else if (!bothRight) return;
    else if (ours.process.actor.member === "lease" && usesKernelLocks(peer)) this.#count("leaseUnseenByPeer");
    else throw this.#both(ours, peer);
  }

  #both(one: Tenure, other: Tenure): Violation {
    return new Violation("exclusion", `${one.process.label} and ${other.process.label} hold the lock at once`);
  }
}

/** May be given up, as far as its lock file shows. */
function isStale(owner: Owner, by: SimulatedProcess): boolean {
  const { process, renewed } = owner;
  const isUnseen = by.calls - (renewed?.calls.get(by) ?? 0) <= MAX_CALLS_UNSEEN;
  const { modifiedMs, isEmpty } = renewed !== undefined && isUnseen ? renewed.before : owner;
  const age = by.now() - modifiedMs;
  // From so far in the future is as good as that old: after a clock was set back it would stay young for ever.
  const distance = Math.abs(age);
  return !process.isAlive || (isEmpty && distance >= EMPTY_GRACE_MS) || distance >= NAMED_GRACE_MS - 1;
}

function usesKernelLocks({ process }: { readonly process: SimulatedProcess }): boolean {
  return ["portalocker", "dotnet", "java", "go"].includes(process.actor.member);
}
