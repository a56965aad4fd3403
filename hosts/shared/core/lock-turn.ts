import { STATUS } from "../errors/status.ts";
import { enterTurn, enterTurns, type LeaveTurn } from "../lock/process-queue.ts";
import { ThrownAnswer } from "./answer.ts";
import type { Awaitable, Lock } from "./capabilities.ts";

const NO_FOLDER = new ThrownAnswer(STATUS.not_found, "There is no folder for the lock file.");

/** A session's turn at its lock within the process, without which the lock is not tried on disk. */
export class LockTurn {
  readonly #lock: Lock;
  readonly #timeoutMs: number;
  #leave: LeaveTurn | undefined;
  #wasRefused = false;
  #isLooking = false;

  constructor(lock: Lock, timeoutMs: number) {
    this.#lock = lock;
    this.#timeoutMs = timeoutMs;
  }

  /** The operation under way has found the lock taken. */
  get wasRefused(): boolean {
    return this.#wasRefused;
  }

  /**
   * The operation under way is a load. It gets no lock where there is no folder for one: made anew by whoever looks,
   * the folder of an application that was removed with its cache would come back. (What a load repairs has a folder.)
   */
  onlyLook(): void {
    this.#isLooking = true;
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
    this.#isLooking = false;
    if (!holds) this.leave();
  }

  leave(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  async #tryToCreate(): Promise<boolean> {
    if (this.#isLooking && !(await this.#lock.hasFolder())) throw NO_FOLDER;
    const created = await this.#lock.create();
    if (!created) this.#wasRefused = true;
    return created;
  }
}
