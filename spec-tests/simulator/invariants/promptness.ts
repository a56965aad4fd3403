import { LOCK_TIMEOUT_MS } from "../actors/ours.ts";
import type { Operation } from "../scenario/scenario.ts";
import type { Machine } from "../schedule/machine.ts";
import type { SimulatedProcess } from "../schedule/simulated-process.ts";
import { Violation } from "./violation.ts";

/** For pauses over content that does not parse, and for waking up. */
const ALLOWANCE_MS = 500;

interface Underway {
  readonly operation: Operation;
  readonly since: number;
  readonly delayedBefore: number;
}

/**
 * Every operation is served or told within the timeout, whatever happens; what faults and
 * the disk took is not its doing.
 */
export class Promptness {
  readonly #machine: Machine;
  readonly #underway = new Map<SimulatedProcess, Underway>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  began(process: SimulatedProcess, operation: Operation): void {
    this.#underway.set(process, { operation, since: this.#machine.now, delayedBefore: process.delayedMs });
  }

  ended(process: SimulatedProcess): void {
    this.#checkOne(process, this.#underway.get(process)!);
    this.#underway.delete(process);
  }

  /** Those that have not ended. */
  check(): void {
    for (const [process, underway] of this.#underway) {
      if (process.isAlive) this.#checkOne(process, underway);
      else this.#underway.delete(process);
    }
  }

  /** Nothing is left to happen, so nobody may be waiting. */
  checkEnd(): void {
    for (const [process, { operation }] of this.#underway) {
      if (process.isAlive) throw new Violation("served", `${process.label} waits for ever for its ${operation.name}`);
    }
  }

  #checkOne(process: SimulatedProcess, { operation, since, delayedBefore }: Underway): void {
    const took = this.#machine.now - since - (process.delayedMs - delayedBefore);
    // An update whose lock was lost runs its function again; a section takes the lock once.
    const allowed = LOCK_TIMEOUT_MS + ALLOWANCE_MS + 11 * operation.holdMs;
    if (took > allowed)
      throw new Violation("served", `${process.label}'s ${operation.name} takes ${took.toFixed(0)} ms`);
  }
}
