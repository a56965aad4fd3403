import { PersistenceError } from "../errors/persistence-error.ts";
import { STATUS, type StatusName } from "../errors/status.ts";
import { statusOfError } from "../errors/thrown.ts";
import { type Answer, isPromise, onlyStatus, ThrownAnswer } from "./answer.ts";
import type { Awaitable } from "./capabilities.ts";
import { type CoreMemory, refusalOf } from "./core-memory.ts";

/**
 * The capability calls of one instance of the core, from the import to `complete`. What is answered at once is
 * completed at once, inside the import; for a promise `pending` holds what the session has to wait for.
 */
export class CapabilityCalls {
  readonly #maxBytes: number;
  #memory: CoreMemory | undefined;
  /** What capabilities have thrown and the core has not gone on from. */
  #failures: Array<{ status: number; error: unknown }> = [];
  #pending: Promise<void> | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  connect(memory: CoreMemory): void {
    this.#memory = memory;
  }

  /** Lets go of the core. Nothing may be outstanding. */
  disconnect(): void {
    this.#memory = undefined;
    this.begin();
  }

  /** An operation begins. */
  begin(): void {
    this.#failures = [];
    this.#pending = undefined;
  }

  /** The memory that pointers of an import lead into. */
  get memory(): CoreMemory {
    return this.#memory!;
  }

  /** Resolves when the outstanding outcome has been handed over. `undefined`: nothing is outstanding. */
  takePending(): Promise<void> | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }

  /** The first error that a capability threw and that became this status. */
  causeOf(status: number): unknown {
    return this.#failures.find((failure) => failure.status === status)?.error;
  }

  /**
   * A function to import. All have the parameters that the core gives, used or not: for each other number V8 compiles
   * an adapter, 0.1 ms of a fresh process.
   *
   * @param own the status for an error that says nothing about itself
   */
  importOf(capability: (first: number, second: number) => Awaitable<Answer>, own?: StatusName) {
    return (op: number, first: number, second: number) => {
      this.#failures = [];
      this.#call(op, () => capability(first, second), own);
    };
  }

  /** One that the core calls when the operation has failed already: the cause is what failed before it. */
  importForEnding(capability: () => Awaitable<Answer>) {
    return (op: number, _first: number, _second: number) => this.#call(op, capability, undefined);
  }

  #call(op: number, capability: () => Awaitable<Answer>, own: StatusName | undefined): void {
    let answer: Awaitable<Answer>;
    try {
      answer = capability();
    } catch (error) {
      answer = this.#failed(error, own);
    }
    if (!isPromise(answer)) this.#deliver(op, answer);
    else {
      const settled = answer.then(undefined, (error: unknown) => this.#failed(error, own));
      this.#pending = settled.then((outcome) => this.#deliver(op, outcome));
    }
  }

  #failed(error: unknown, own: StatusName | undefined): Answer {
    if (error instanceof ThrownAnswer) return error.answer;
    const status = STATUS[statusOf(error, own)];
    this.#failures.push({ status, error });
    return onlyStatus(status);
  }

  #deliver(op: number, { status, parts }: Answer): void {
    const { memory } = this;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length === 0) {
      memory.core.complete(op, status, 0, 0);
      return;
    }
    const start = memory.reserve(length);
    if (start === 0) {
      memory.core.complete(op, STATUS[refusalOf(length, this.#maxBytes)], 0, 0);
      return;
    }
    let pointer = start;
    for (const part of parts) {
      memory.put(pointer, part);
      pointer += part.length;
    }
    memory.core.complete(op, status, start, length);
  }
}

/** The function handed to `update` is the application's: whatever it throws is no failure of ours. */
function statusOf(error: unknown, own: StatusName | undefined): StatusName {
  if (own === "callback_failed") return own;
  return own === undefined || error instanceof PersistenceError ? statusOfError(error) : own;
}
