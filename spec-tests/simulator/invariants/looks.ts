import type { Machine } from "../schedule/machine.ts";
import type { SimulatedProcess } from "../schedule/simulated-process.ts";

export interface Look {
  readonly step: number;
  /** What the process's calls were counted up to. */
  readonly call: number;
}

/** When a process last looked whether the lock is still its own. */
export class Looks {
  readonly #machine: Machine;
  readonly #last = new Map<SimulatedProcess, Look>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  onLook(process: SimulatedProcess): void {
    this.#last.set(process, { step: this.#machine.step, call: process.calls });
  }

  /** A renewal of the lease goes on beside whatever else a process does. */
  onRenewal(process: SimulatedProcess): void {
    const look = this.#last.get(process);
    if (look !== undefined) this.#last.set(process, { ...look, call: look.call + 1 });
  }

  of(process: SimulatedProcess): Look | undefined {
    return this.#last.get(process);
  }

  /** System calls of its own since then, the present one counted. */
  unseen(process: SimulatedProcess): number {
    return process.calls - (this.#last.get(process)?.call ?? 0);
  }
}
