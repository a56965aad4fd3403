import type { Capabilities, Clock, Lock, Store } from "../../../hosts/shared/core/capabilities.ts";
import type { CoreModule } from "../../../hosts/shared/core/core-module.ts";
import { CoreSession } from "../../../hosts/shared/core/core-session.ts";
import { FileStore } from "../../../hosts/shared/files/store.ts";
import { createLock } from "../../../hosts/shared/lock/lock.ts";
import type { Intent } from "../invariants/ledger.ts";
import type { Observer } from "../invariants/observer.ts";
import type { Operation } from "../scenario/scenario.ts";
import { hash, Random } from "../schedule/random.ts";
import type { SimulatedProcess } from "../schedule/simulated-process.ts";
import { decode, type Entities, encode, entity, SHARED } from "./documents.ts";
import { CACHE, LOCK_FILE, pathFor } from "./names.ts";
import { processRuntime } from "./process-runtime.ts";

/** How long an operation waits for the lock. */
export const LOCK_TIMEOUT_MS = 10_000;

/** Breaks one rule of the protocol, to see whether anybody notices. */
export interface Mutation {
  readonly lock?: (lock: Lock, process: SimulatedProcess) => Lock;
  readonly store?: (store: Store) => Store;
}

export interface OursOptions {
  readonly module: CoreModule;
  readonly observer: Observer;
  readonly mutate: Mutation | undefined;
}

/** The real core, the real driver and the real host in a simulated process: does its operations one after the other. */
export class OurActor {
  readonly #process: SimulatedProcess;
  readonly #observer: Observer;
  readonly #session: CoreSession;
  #base: Uint8Array | undefined;
  #added = 0;
  #own: string[] = [];

  constructor(process: SimulatedProcess, { module, observer, mutate }: OursOptions) {
    this.#process = process;
    this.#observer = observer;
    const capabilities = connect(process, observer, mutate);
    this.#session = new CoreSession(module, capabilities, { lockTimeoutMs: LOCK_TIMEOUT_MS });
  }

  async run(): Promise<void> {
    for (const operation of this.#process.actor.operations) {
      await this.#sleep(operation.pauseMs);
      await this.#attempt(operation);
    }
    this.#process.kill();
  }

  async #attempt(operation: Operation): Promise<void> {
    this.#observer.began(this.#process, operation);
    try {
      await this.#do(operation);
      this.#observer.succeeded(this.#process);
    } catch (error) {
      this.#observer.failed(this.#process, error);
    }
  }

  #do(operation: Operation): Promise<void> {
    switch (operation.name) {
      case "load":
        return this.#load();
      case "add":
        return this.#add(`${this.#process.index}-${++this.#added}`);
      case "renew":
        return this.#add(SHARED);
      case "remove":
        return this.#remove();
      case "update":
        return this.#update(`${this.#process.index}-${++this.#added}`, operation.holdMs);
      case "section":
        return this.#section(operation.holdMs);
      case "clear":
        return this.#clear();
    }
  }

  async #load(): Promise<void> {
    const outcome = await this.#session.load();
    if (outcome.unchanged) return;
    this.#base = outcome.content;
    if (outcome.content === undefined) this.#observer.foundNothing(this.#process);
  }

  async #add(key: string): Promise<void> {
    this.#intend({ adds: key });
    await this.#commit(new Map([...this.#known(), [key, this.#entity(key)]]));
    if (key !== SHARED) this.#own.push(key);
  }

  async #remove(): Promise<void> {
    const key = this.#own.pop();
    if (key === undefined) return;
    this.#intend({ removes: key });
    const rest = new Map(this.#known());
    rest.delete(key);
    await this.#commit(rest);
  }

  async #update(key: string, holdMs: number): Promise<void> {
    this.#intend({ adds: key });
    const outcome = await this.#session.update(async (current) => {
      await this.#sleep(holdMs);
      return encode(new Map([...(decode(current) ?? new Map()), [key, this.#entity(key)]]));
    });
    this.#base = outcome.content;
    this.#own.push(key);
  }

  async #section(holdMs: number): Promise<void> {
    await this.#session.lock();
    try {
      await this.#sleep(holdMs);
      await this.#add(`${this.#process.index}-${++this.#added}`);
    } finally {
      await this.#session.unlock();
    }
  }

  async #clear(): Promise<void> {
    this.#intend({ removesAll: true });
    await this.#session.clear();
    this.#base = undefined;
  }

  async #commit(ours: Entities): Promise<void> {
    const outcome = await this.#session.commit(this.#base, encode(ours), this.#base !== undefined);
    this.#base = outcome.content;
  }

  #known(): Entities {
    return decode(this.#base) ?? new Map();
  }

  #entity(key: string) {
    // A renewal is later than what it renews, whatever this process's clock shows.
    const before = Number(this.#known().get(key)?.cached_at ?? 0);
    const secret = `${key} of ${this.#process.index} at ${this.#process.machine.step}`;
    return entity(secret, Math.max(before + 1, this.#process.now()));
  }

  #intend(intent: Intent): void {
    this.#observer.intend(this.#process, intent);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#process.timer(ms, resolve));
  }
}

function connect(process: SimulatedProcess, observer: Observer, mutate: Mutation | undefined): Capabilities {
  const runtime = processRuntime(process, observer, clockOf(process));
  const real = createLock(runtime, pathFor(process.index, LOCK_FILE));
  const lock = mutate?.lock?.(real, process) ?? real;
  const store = new FileStore(runtime, pathFor(process.index, CACHE));
  return {
    store: mutate?.store?.(store) ?? store,
    cipher: undefined,
    lock: observed(lock, process, observer),
    clock: runtime.clock,
    log: (_level, code) => process.machine.note(`${process.label} logs ${code}`),
  };
}

function clockOf(process: SimulatedProcess): Clock {
  const random = new Random(hash(process.machine.random.below(2 ** 31), process.index));
  return {
    now: () => process.now(),
    sleep: (ms) => new Promise((resolve) => process.timer(ms, resolve)),
    random: () => random.fraction(),
  };
}

/** Tells the observer from when to when the lock is held. */
function observed(lock: Lock, process: SimulatedProcess, observer: Observer): Lock {
  return {
    ...lock,
    kind: lock.kind,
    create: async () => {
      const created = await lock.create();
      if (created) observer.tenures.enter(process);
      return created;
    },
    takeOver: async (inspected) => {
      const outcome = await lock.takeOver(inspected);
      if (outcome === "taken") observer.tenures.enter(process);
      return outcome;
    },
    release: () => {
      observer.tenures.leave(process);
      return lock.release();
    },
  };
}
