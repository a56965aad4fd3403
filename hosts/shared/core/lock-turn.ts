import { enterTurn, enterTurns, type LeaveTurn } from "../lock/process-queue.ts";
import type { Awaitable, Lock } from "./capabilities.ts";

/** A session's turn at its lock within the process, without which the lock is not tried on disk. */
export class LockTurn {
  readonly #lock: Lock;
  readonly #timeoutMs: number;
  #leave: LeaveTurn | undefined;
  #wasRefused = false;

  constructor(lock: Lock, timeoutMs: number) {
    this.#lock = lock;
    this.#timeoutMs = timeoutMs;
  }

  /** The operation under way has found the lock taken. */
  get wasRefused(): boolean {
    return this.#wasRefused;
  }

  /**
   * The first try of an operation waits for its turn in this process; the core counts 2 s of that
   * at most as waiting for the lock.
   */
  createLock(): Awaitable<boolean> {
    if (this.#leave !== undefined) return this.#tryToCreate();
    const { path, alsoPaths } = this.#lock;
    const turn = alsoPaths ? enterTurns([path, ...alsoPaths], this.#timeoutMs) : enterTurn(path, this.#timeoutMs);
    if (typeof turn === "function") {
      this.#leave = turn;
      return this.#tryToCreate();
    }
    return turn.then((leave) => {
      this.#leave = leave;
      return this.#tryToCreate();
    });
  }

  /** @param holds the application goes on holding the lock */
  endOperation(holds: boolean): void {
    this.#wasRefused = false;
    if (!holds) this.leave();
  }

  leave(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  async #tryToCreate(): Promise<boolean> {
    const created = await this.#lock.create();
    if (!created) this.#wasRefused = true;
    return created;
  }
}
