import { PersistenceError } from "../errors/persistence-error.ts";
import { STATUS } from "../errors/status.ts";
import type { Awaitable, Capabilities } from "./capabilities.ts";
import { CapabilityCalls } from "./capability-calls.ts";
import { coreImports, type SessionHooks } from "./core-imports.ts";
import { CoreMemory, type CoreResult } from "./core-memory.ts";
import { type CoreExports, type CoreModule, instantiate } from "./core-module.ts";
import { failureOf, statusName } from "./error-messages.ts";
import type { Limits } from "./session-limits.ts";
import { StoreImports } from "./store-imports.ts";

/** Starts an operation of the core. Anything but `ok` is why it was refused. */
export type Begin = (memory: CoreMemory) => number;
export type Read<T> = (result: CoreResult, memory: CoreMemory) => T;

/** Takes operations of the core from begin to end, one at a time, on an instance that is made on first use. */
export class CoreDriver {
  readonly #module: Awaitable<CoreModule>;
  readonly #capabilities: Capabilities;
  readonly #hooks: SessionHooks;
  readonly #limits: Limits;
  readonly #calls: CapabilityCalls;
  readonly #store: StoreImports;
  #memory: CoreMemory | undefined;

  constructor(module: Awaitable<CoreModule>, capabilities: Capabilities, hooks: SessionHooks, limits: Limits) {
    this.#module = module;
    this.#capabilities = capabilities;
    this.#hooks = hooks;
    this.#limits = limits;
    this.#calls = new CapabilityCalls(limits.maxBytes);
    this.#store = new StoreImports(capabilities, this.#calls, limits.maxBytes);
  }

  /** Whatever this throws but a `PersistenceError` came out of the core, which is then beyond use: `discard` it. */
  async run<T>(begin: Begin, read: Read<T>): Promise<T> {
    // Awaited even where there is an instance: else a session that has one would overtake one that was asked before it.
    const module = await this.#module;
    this.#memory ??= this.#instantiate(module);
    const memory = this.#memory;
    const { core } = memory;
    this.#calls.begin();
    this.#store.forgetWritten();
    try {
      const refused = begin(memory);
      if (refused !== STATUS.ok) throw new PersistenceError(statusName(refused));
      await this.#advance(core);
      const result = memory.result();
      if (result.status >= STATUS.io_error) throw this.#failure(result, memory);
      return read(result, memory);
    } finally {
      core.reset(); // tokens leave the core's memory with the operation that needed them
    }
  }

  /** To be called by `read`. */
  documentOf(result: CoreResult): Uint8Array {
    return this.#store.documentOf(result);
  }

  /** The next operation gets a fresh instance. */
  discard(): void {
    this.#memory?.wipe();
    this.#memory = undefined;
  }

  /** Nothing is left of the core nor of what was written last. */
  close(): void {
    this.discard();
    this.#calls.disconnect();
    this.#store.forgetWritten();
  }

  #instantiate(module: CoreModule): CoreMemory {
    const imports = coreImports(this.#capabilities, this.#hooks, this.#calls, this.#store);
    const { clock, cipher } = this.#capabilities;
    const core = instantiate(module, imports, this.#limits, () => clock.random());
    core.configure_cipher(cipher === undefined ? 0 : 1);
    const memory = new CoreMemory(core);
    this.#calls.connect(memory);
    return memory;
  }

  async #advance(core: CoreExports): Promise<void> {
    while (core.poll() === 0) {
      const pending = this.#calls.takePending();
      if (pending === undefined) throw new Error("The core waits for an outcome that nobody owes it.");
      await pending;
    }
  }

  #failure(result: CoreResult, memory: CoreMemory): PersistenceError {
    const { store, lock } = this.#capabilities;
    const isRefused = result.status === STATUS.lock_timeout;
    return failureOf(result, {
      location: store.location,
      lockPath: (isRefused && lock.contendedPath) || lock.path,
      timeoutMs: this.#limits.lockTimeoutMs,
      cause: this.#calls.causeOf(result.status),
      detail: isRefused ? memory.detail(result) : "",
    });
  }
}
