import { CACHE, LEASE, LOCK_FILE } from "../actors/names.ts";
import type { Member, Operation } from "../scenario/scenario.ts";
import type { Machine } from "../schedule/machine.ts";
import type { SimulatedProcess } from "../schedule/simulated-process.ts";
import type { CoreMemory } from "../schedule/virtual-globals.ts";
import type { Change } from "../system/file-system.ts";
import type { Inode } from "../system/inode.ts";
import { type Intent, Ledger } from "./ledger.ts";
import type { Limit, LimitCounts } from "./limits.ts";
import { Looks } from "./looks.ts";
import { Promptness } from "./promptness.ts";
import { Tenures } from "./tenures.ts";
import { Violation } from "./violation.ts";

/**
 * A process of ours that holds no lock keeps nothing open; one that does, the lock file and its lease. It works on one
 * more, and keeps the one that it replaces.
 */
const MAX_OPEN_FILES = 4;
/** Of an instance of the core: what a fresh one has. Documents here are of a few hundred bytes and need no more. */
const MAX_CORE_BYTES = 65_536;

/** Sees everything that happens to the files and what our processes say of it, and holds it against the invariants. */
export class Observer {
  readonly limits: LimitCounts = {};
  readonly tenures: Tenures;
  readonly ledger: Ledger;
  readonly #looks: Looks;
  /** Of every instance of the core. They never shrink, so looking when an operation ends sees all. */
  readonly memories: CoreMemory[] = [];
  violation: unknown;
  readonly #machine: Machine;
  readonly #promptness: Promptness;
  #mustSucceed = false;

  constructor(machine: Machine) {
    this.#machine = machine;
    const count = (limit: Limit) => {
      machine.note(`  (limit: ${limit})`);
      this.limits[limit] = (this.limits[limit] ?? 0) + 1;
    };
    this.#looks = new Looks(machine);
    this.tenures = guarded(new Tenures(machine, count), this);
    this.ledger = new Ledger(machine, this.tenures, this.#looks, count);
    this.#promptness = new Promptness(machine);
    machine.files.onChange = (change, name, inode, by) => {
      this.#guard(() => this.#onChange(change, name, inode, by as SimulatedProcess));
    };
  }

  #onChange(change: Change, name: string | undefined, inode: Inode, by: SimulatedProcess): void {
    this.tenures.onChange(change, name, inode, by);
    if (name === CACHE && change !== "dated" && change !== "replaced") this.ledger.onChange(by);
    this.#machine.notifyWatchers(inode, by);
  }

  /** A process of ours made a system call on this name. */
  onCall(process: SimulatedProcess, syscall: string, name: string): void {
    if (name === LOCK_FILE && syscall === "lstat") this.#onLook(process);
    if (name === LEASE && syscall === "stat") this.tenures.leases.onLook(process);
    if (name === LEASE && syscall === "open") this.tenures.leases.onOpen(process);
    if (name === CACHE && syscall === "open") this.ledger.onOpen(process);
    if (name === CACHE && syscall === "stat") this.ledger.onLook(process);
    if (isTemporary(name) && syscall === "open") this.ledger.onWriting(process);
    if (this.#machine.files.countOpenedBy(process) > MAX_OPEN_FILES) {
      this.fail(new Violation("bounded", `${process.label} has more than ${MAX_OPEN_FILES} files open`));
    }
  }

  /** A process of ours looks at what it has opened. */
  onStatus(process: SimulatedProcess, inode: Inode): void {
    this.ledger.onStatus(process, inode);
  }

  /** A process of ours reads what it has opened. */
  onReading(process: SimulatedProcess, inode: Inode): void {
    this.tenures.onLook(process, inode);
  }

  /** A process of ours is about to make a system call on its lease. */
  onRenewal(process: SimulatedProcess): void {
    this.#looks.onRenewal(process);
    this.tenures.onRenewal(process);
  }

  intend(process: SimulatedProcess, intent: Intent): void {
    this.ledger.intend(process, intent);
  }

  began(process: SimulatedProcess, operation: Operation): void {
    this.#machine.note(`${process.label} begins to ${operation.name}`);
    this.ledger.begin(process);
    this.#promptness.began(process, operation);
  }

  succeeded(process: SimulatedProcess): void {
    this.#machine.note(`${process.label} has succeeded`);
    this.#guard(() => this.ledger.acknowledge(process));
    this.#ended(process);
  }

  /** A load of a process of ours has said that nothing is stored. */
  foundNothing(process: SimulatedProcess): void {
    this.#guard(() => this.ledger.checkAbsence(process));
  }

  failed(process: SimulatedProcess, error: unknown): void {
    const { code } = error as { code?: string };
    this.#machine.note(`${process.label} has failed: ${code ?? error}`);
    this.#guard(() => {
      if (this.#mustSucceed)
        throw new Violation("served", `${process.label} fails although nobody is in its way: ${error}`);
      if (code === undefined || code === "core_trap") {
        const { cause, stack } = error as Error;
        throw new Violation("trap", `${process.label}: ${error} ${(cause as Error)?.stack ?? stack}`);
      }
    });
    this.#ended(process);
  }

  onPowerCut(): void {
    this.tenures.forgetAll();
    this.#guard(() => this.ledger.onPowerCut());
  }

  /** From now on an operation has no excuse for failing. */
  mustSucceed(): void {
    this.#mustSucceed = true;
  }

  /** Nothing is left to happen. */
  checkEnd(): void {
    this.#guard(() => this.#promptness.checkEnd());
  }

  /**
   * Everybody has had time enough, and a newcomer has had and released the lock: nothing may be left. A killed holder's
   * lease is left to the next who needs one.
   */
  checkLeftovers(newcomer: Member): void {
    for (const name of newcomer === "lease" ? [LOCK_FILE, LEASE] : [LOCK_FILE]) {
      if (this.#machine.files.find(name)) this.fail(new Violation("served", `${name} was left behind`));
    }
  }

  /** After every step. */
  check(): void {
    this.#guard(() => this.#promptness.check());
  }

  fail(error: unknown): void {
    this.violation ??= error;
  }

  #onLook(process: SimulatedProcess): void {
    this.#looks.onLook(process);
    this.tenures.onLook(process, this.#machine.files.find(LOCK_FILE));
  }

  #ended(process: SimulatedProcess): void {
    this.#guard(() => {
      this.#promptness.ended(process);
      this.#checkMemory();
    });
  }

  #checkMemory(): void {
    const largest = this.memories.reduce((most, { buffer }) => Math.max(most, buffer.byteLength), 0);
    if (largest > MAX_CORE_BYTES) throw new Violation("bounded", `an instance of the core has ${largest} bytes`);
  }

  #guard(body: () => void): void {
    try {
      body();
    } catch (error) {
      this.fail(error);
    }
  }
}

/** Of the cache, not of the lock file. */
function isTemporary(name: string): boolean {
  return /^\.cache\.\d+\..*\.tmp$/.test(name);
}

function guarded(tenures: Tenures, observer: Observer): Tenures {
  const { enter } = tenures;
  tenures.enter = (process) => {
    try {
      enter.call(tenures, process);
    } catch (error) {
      observer.fail(error);
    }
  };
  return tenures;
}
