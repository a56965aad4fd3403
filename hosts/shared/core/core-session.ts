import { PersistenceError } from "../errors/persistence-error.ts";
import { STATUS, type StatusName } from "../errors/status.ts";
import { locate, messageFor } from "../errors/thrown.ts";
import { enterTurn, type LeaveTurn } from "../lock/process-queue.ts";
import { LogLevel } from "../logger.ts";
import { every, type StopTimer } from "../runtime/every.ts";
import { SerialQueue } from "../values/serial-queue.ts";
import type { Awaitable, Capabilities } from "./capabilities.ts";
import { type Begin, CoreDriver, type Read } from "./core-driver.ts";
import type { CoreModule } from "./core-module.ts";
import { LockTurn } from "./lock-turn.ts";
import { commitOutcome, loadOutcome, lockReport } from "./outcome-readers.ts";
import type { CommitOutcome, LoadOutcome, LockReport } from "./outcomes.ts";
import { limitsOf, type SessionLimits } from "./session-limits.ts";

/** Contenders call a lock abandoned after 30 s, a lease after 8 s (core-wasm/assembly/lock/rules.ts). */
const RENEW_EVERY_MS = 5_000;

type Edit = (current: Uint8Array | undefined) => Awaitable<Uint8Array>;

/** What the application does between `lock` and `unlock`. */
interface Section {
  readonly stopRenewing: StopTimer;
  /** Lets the next section of this session begin. */
  readonly leave: LeaveTurn;
}

/**
 * One cache. Operations run one after the other, in the order of the calls. After a fault of the core the next
 * one gets a fresh instance of it.
 */
export class CoreSession {
  readonly #capabilities: Capabilities;
  readonly #maxBytes: number;
  readonly #timeoutMs: number;
  readonly #turn: LockTurn;
  readonly #driver: CoreDriver;
  readonly #queue = new SerialQueue();
  #edit: Edit | undefined;
  /** The application holds the lock, as far as we know. */
  #section: Section | undefined;
  #closed = false;

  constructor(module: Awaitable<CoreModule>, capabilities: Capabilities, options: SessionLimits = {}) {
    this.#capabilities = capabilities;
    const limits = limitsOf(options);
    this.#maxBytes = limits.maxBytes;
    this.#timeoutMs = limits.lockTimeoutMs;
    this.#turn = new LockTurn(capabilities.lock, limits.lockTimeoutMs);
    const hooks = {
      createLock: () => this.#turn.createLock(),
      edit: (current: Uint8Array | undefined) => this.#runEdit(current),
    };
    this.#driver = new CoreDriver(module, capabilities, hooks, limits);
  }

  /** What is stored, unless it is what this session last loaded or committed. */
  load(): Promise<LoadOutcome> {
    return this.#operate(({ core }) => {
      this.#turn.onlyLook();
      return core.load();
    }, loadOutcome);
  }

  /** Merges `ours` into what is stored. `baseIsCurrent`: `base` is what this session last loaded or committed. */
  commit(base: Uint8Array | undefined, ours: Uint8Array, baseIsCurrent = false): Promise<CommitOutcome> {
    return this.#write((memory) => {
      const baseAt = memory.write(base, this.#maxBytes);
      const oursAt = ours === base ? baseAt : memory.write(ours, this.#maxBytes);
      return memory.core.commit(baseAt, base?.length ?? 0, oursAt, ours.length, baseIsCurrent ? 1 : 0);
    });
  }

  /**
   * Edits what is stored while holding the lock. `edit` runs again when the lock was lost meanwhile, and must not use
   * this session, which waits for it.
   */
  update(edit: Edit): Promise<CommitOutcome> {
    return this.#write(({ core }) => {
      this.#edit = edit;
      return core.update();
    });
  }

  /** A key that never comes keeps nobody else from the cache. */
  #write(begin: Begin): Promise<CommitOutcome> {
    const { cipher } = this.#capabilities;
    return this.#operate(
      begin,
      (result, memory) => commitOutcome(result, memory, this.#driver.documentOf(result)),
      cipher?.prepare?.bind(cipher),
    );
  }

  /** Removes what is stored; `false` when there was nothing. */
  clear(): Promise<boolean> {
    return this.#operate(
      ({ core }) => core.clear(),
      (result) => result.status === STATUS.ok,
    );
  }

  /**
   * Takes the lock for a critical section of the application, and renews it until `unlock`. Sections queue in order.
   */
  async lock(): Promise<LockReport> {
    const leave = await enterTurn(this.#capabilities.lock.path, this.#timeoutMs, this);
    try {
      return await this.#operate(
        ({ core }) => core.lock(),
        (result) => {
          this.#section = { leave, stopRenewing: every(RENEW_EVERY_MS, () => this.#renew()) };
          return lockReport(result);
        },
      );
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** @throws PersistenceError `lock_not_held` when it is not, or no longer, held */
  unlock(): Promise<void> {
    return this.#operate(({ core }) => {
      const status = core.unlock();
      this.#forgetLock(); // whatever becomes of it: a lock that could not be released is not renewed either
      return status;
    }, noOutcome);
  }

  /** What is under way ends; what is called after this is refused. Not for whoever holds the lock. */
  close(): void {
    this.#closed = true;
    void this.#queue.run(async () => this.#driver.close());
  }

  #operate<T>(begin: Begin, read: Read<T>, prepare?: () => Awaitable<unknown>): Promise<T> {
    if (this.#closed) return Promise.reject(new PersistenceError("bad_state", "This session has been closed."));
    return this.#queue.run(async () => {
      try {
        if (prepare !== undefined) await prepare();
        return await this.#driver.run(begin, read);
      } catch (error) {
        if (!(error instanceof PersistenceError)) throw await this.#recover(error);
        if (error.code === "lock_lost") this.#forgetLock();
        // What the host has kept for the next try has no next one.
        if (this.#turn.wasRefused) await this.#releaseLock("io_error");
        throw locate(error, this.#capabilities.store.location);
      } finally {
        this.#edit = undefined;
        this.#turn.endOperation(this.#section !== undefined);
        await this.#settle();
      }
    });
  }

  async #releaseLock(warning: StatusName): Promise<void> {
    try {
      await this.#capabilities.lock.release();
    } catch (error) {
      this.#warn(warning, error);
    }
  }

  /** What was published is visible to others whatever becomes of this. */
  async #settle(): Promise<void> {
    try {
      await this.#capabilities.store.settle();
    } catch (error) {
      this.#warn("io_error", error);
    }
  }

  /** After a trap: the core cannot release the lock any more, so the host does. */
  async #recover(cause: unknown): Promise<PersistenceError> {
    this.#driver.discard();
    this.#forgetLock();
    await this.#releaseLock("lock_not_held");
    this.#turn.leave();
    const { location } = this.#capabilities.store;
    return new PersistenceError("core_trap", messageFor("core_trap", location), { location, cause });
  }

  /** The function of `update` may take its time: meanwhile the lock is renewed past the core, which waits for it. */
  #runEdit(current: Uint8Array | undefined): Awaitable<Uint8Array> {
    const edited = this.#edit!(current);
    if (edited instanceof Uint8Array) return edited;
    const stop = every(RENEW_EVERY_MS, () => void this.#touchDirectly());
    return Promise.resolve(edited).finally(stop);
  }

  /** If the lock is lost the core finds out before it publishes. */
  async #touchDirectly(): Promise<void> {
    try {
      await this.#capabilities.lock.touch();
    } catch (error) {
      this.#warn("lock_not_held", error);
    }
  }

  #renew(): void {
    const renewal = this.#operate(({ core }) => core.renew(), noOutcome);
    renewal.catch((error: unknown) => this.#warn(error instanceof PersistenceError ? error.code : "io_error", error));
  }

  #forgetLock(): void {
    const section = this.#section;
    this.#section = undefined;
    section?.stopRenewing();
    section?.leave();
  }

  #warn(code: string, error: unknown): void {
    try {
      this.#capabilities.log(LogLevel.Warning, code, `${this.#capabilities.lock.path}: ${String(error)}`);
    } catch {
      // There is nowhere left to report it.
    }
  }
}

function noOutcome(): void {}
