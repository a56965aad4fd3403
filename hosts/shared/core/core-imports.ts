import type { Awaitable, Capabilities, StoreVersion, TakeOver } from "./capabilities.ts";
import { type CoreMemory, type CoreResult, refusalOf } from "./core-memory.ts";
import type { CoreExports, CoreImports } from "./core-module.ts";
import { statusName } from "./error-messages.ts";
import { PersistenceError, statusOfError } from "./errors.ts";
import { eventText } from "./event-text.ts";
import { decodeInspection, encodeInspection, encodeReadHeader, encodeVersion, encodeWritten } from "./marshal.ts";
import { isSameVersion } from "./same-version.ts";
import { EVENT_NAME, STATUS, type StatusName } from "./status.ts";

/** The outcome of a capability call on its way to the core: a status and the parts of its payload. */
interface Answer {
  readonly status: number;
  readonly parts: readonly Uint8Array[];
}

const OK: Answer = { status: STATUS.ok, parts: [] };
const plain = (status: number): Answer => ({ status, parts: [] });
const bytes = (...parts: Uint8Array[]): Answer => ({ status: STATUS.ok, parts });

/** More of a document than this the core has no room for, be it encrypted (core-wasm/assembly/abi/settings.ts). */
const mostToRead = (maxBytes: number) => 2 * maxBytes + 65_536;

/** Thrown through `store.replace` to keep it from publishing. */
const LOST = new Error("The lock was lost.");
const CHANGED = new Error("The cache has been changed by somebody who does not hold the lock.");

async function throwUnless(answer: Awaitable<boolean>, error: Error): Promise<void> {
  if (!(await answer)) throw error;
}

/** What the session adds to the capabilities. */
export interface SessionHooks {
  /** `lock.create`, but only once it is this session's turn within the process. */
  createLock(): Awaitable<boolean>;
  /** Runs the function handed to `update`. */
  edit(current: Uint8Array | undefined): Awaitable<Uint8Array>;
}

/**
 * Connects the core's imports with the capabilities. A capability that answers at once is completed at once, inside the
 * import; for a promise `pending` holds what the session has to wait for.
 */
export class CapabilityBridge {
  readonly #capabilities: Capabilities;
  readonly #hooks: SessionHooks;
  readonly #maxBytes: number;
  #core: CoreExports | undefined;
  #memory: CoreMemory | undefined;
  /** What capabilities have thrown and the core has not gone on from. */
  #failures: Array<{ status: number; error: unknown }> = [];
  #pending: Promise<void> | undefined;
  /** What the store held when this operation looked at it last. */
  #seen: StoreVersion | undefined;
  /** Under which name the store has kept a damaged original. */
  #keptAs = "";
  /** What this operation has handed to the store, and where in the core's memory it stood. */
  #written: { readonly pointer: number; readonly content: Uint8Array } | undefined;

  constructor(capabilities: Capabilities, hooks: SessionHooks, maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#capabilities = capabilities;
    this.#hooks = hooks;
  }

  connect(core: CoreExports, memory: CoreMemory): void {
    this.#core = core;
    this.#memory = memory;
  }

  /** Lets go of the core and of what was written last. Nothing may be outstanding. */
  disconnect(): void {
    this.#core = undefined;
    this.#memory = undefined;
    this.begin();
  }

  begin(): void {
    this.#failures = [];
    this.#pending = undefined;
    this.#written = undefined;
  }

  /** The document of a result: where it is what was handed to the store (a plain one), no second copy is made. */
  documentOf({ data, dataLength }: CoreResult): Uint8Array {
    const written = this.#written;
    const isWritten = written?.pointer === data && written.content.length === dataLength;
    return isWritten ? written.content : this.#copy(data, dataLength);
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

  imports(): CoreImports {
    const { clock } = this.#capabilities;
    return {
      store: this.#store(),
      cipher: this.#cipher(),
      lock: this.#lock(),
      clock: {
        now: () => clock.now(),
        random: () => clock.random(),
        sleep: this.#import((us) => then(clock.sleep((us >>> 0) / 1000), () => OK)),
      },
      session: {
        edit: this.#import((pointer, length) => this.#edit(pointer, length), "callback_failed"),
      },
      log: {
        write: (level: number, code: number, pointer: number, length: number) =>
          this.#log(level, code, pointer, length),
      },
    };
  }

  /**
   * All with the parameters that the core gives, used or not: for each other number V8 compiles an adapter, 0.1 ms of a fresh process.
   *
   * @param own the status for an error that says nothing about itself
   */
  #import(capability: (first: number, second: number) => Awaitable<Answer>, own?: StatusName) {
    return (op: number, first: number, second: number) => {
      this.#failures = [];
      this.#call(op, () => capability(first, second), own);
    };
  }

  #store() {
    const { store } = this.#capabilities;
    const missing = plain(STATUS.not_found);
    return {
      stat: this.#import(() =>
        then(store.stat(), (version) => {
          this.#seen = version;
          return version ? bytes(encodeVersion(version)) : missing;
        }),
      ),
      read: this.#import(() =>
        then(store.read(mostToRead(this.#maxBytes)), (stored) => {
          this.#seen = stored?.version;
          return stored ? bytes(encodeReadHeader(stored.version), stored.content) : missing;
        }),
      ),
      replace: this.#import((pointer, length) => {
        const content = this.#copy(pointer, length);
        this.#written = { pointer, content };
        const look = () => this.#lookOnceMore();
        return then(store.replace(content, look), (version) => bytes(encodeWritten(version)));
      }),
      remove: this.#import(() => then(store.remove(), (removed) => (removed ? OK : missing))),
      set_aside: this.#import(() =>
        then(store.setAside(), (name) => {
          this.#keptAs = name;
          return OK;
        }),
      ),
    };
  }

  /**
   * The lock last: it is what everybody asks for who can be asked. Of the others (Go, and Python after 5 s, beside a holder with a
   * lease) one may have written since we read; what is merged again then, and not written over, is not lost.
   */
  async #lookOnceMore(): Promise<void> {
    const { store, lock } = this.#capabilities;
    await throwUnless(isSameVersion(await store.stat(), this.#seen), CHANGED);
    await throwUnless(lock.check(), LOST);
  }

  #cipher() {
    const { cipher } = this.#capabilities;
    const applied = (work: "protect" | "unprotect", pointer: number, length: number) =>
      cipher ? then(cipher[work](this.#copy(pointer, length)), bytes) : plain(STATUS.not_supported);
    return {
      protect: this.#import((pointer, length) => applied("protect", pointer, length), "protect_failed"),
      unprotect: this.#import((pointer, length) => applied("unprotect", pointer, length), "unprotect_failed"),
    };
  }

  #lock() {
    const { lock } = this.#capabilities;
    const missing = plain(STATUS.not_found);
    const mine = (isMine: boolean) => (isMine ? OK : plain(STATUS.lost));
    return {
      create: this.#import(() => then(this.#hooks.createLock(), (created) => (created ? OK : plain(STATUS.exists)))),
      inspect: this.#import(() => then(lock.inspect(), (seen) => (seen ? bytes(encodeInspection(seen)) : missing))),
      take_over: this.#import((pointer, length) => {
        const inspected = decodeInspection(this.#copy(pointer, length));
        return then(lock.takeOver(inspected), (outcome) => plain(TAKE_OVER_STATUS[outcome]));
      }),
      check: this.#import(() => then(lock.check(), mine)),
      touch: this.#import(() => then(lock.touch(), mine)),
      // Not by `#import`: what failed before it is what has ended the operation.
      release: (op: number, _first: number, _second: number) =>
        this.#call(op, () => then(lock.release(), () => OK), undefined),
      wait: this.#import((us) => then(lock.wait((us >>> 0) / 1000), () => OK)),
      process_alive: this.#import((pid) =>
        then(lock.processAlive(pid >>> 0), (alive) => plain(alive ? STATUS.alive : STATUS.dead)),
      ),
    };
  }

  #edit(pointer: number, length: number): Awaitable<Answer> {
    const current = length === 0 ? undefined : this.#copy(pointer, length);
    return then(this.#hooks.edit(current), (content) => {
      if (!(content instanceof Uint8Array)) throw new TypeError("The function handed to update returned no bytes.");
      return bytes(content);
    });
  }

  /** A log that throws must not tear the core apart. */
  #log(level: number, code: number, pointer: number, length: number): void {
    try {
      const name = EVENT_NAME[code] ?? statusName(code);
      const told = this.#memory!.text(pointer, length);
      this.#capabilities.log(level, name, eventText(name, told, this.#capabilities, this.#keptAs));
    } catch {
      // There is nowhere left to report it.
    }
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
    if (error === LOST) return plain(STATUS.lost);
    if (error === CHANGED) return plain(STATUS.changed);
    const name =
      own !== undefined && (own === "callback_failed" || !(error instanceof PersistenceError))
        ? own
        : statusOfError(error);
    const status = STATUS[name];
    this.#failures.push({ status, error });
    return plain(status);
  }

  #deliver(op: number, { status, parts }: Answer): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length === 0) {
      this.#core!.complete(op, status, 0, 0);
      return;
    }
    const start = this.#memory!.reserve(length);
    if (start === 0) {
      this.#core!.complete(op, STATUS[refusalOf(length, this.#maxBytes)], 0, 0);
      return;
    }
    let pointer = start;
    for (const part of parts) {
      this.#memory!.put(pointer, part);
      pointer += part.length;
    }
    this.#core!.complete(op, status, start, length);
  }

  #copy(pointer: number, length: number): Uint8Array {
    return this.#memory!.copy(pointer, length);
  }
}

const TAKE_OVER_STATUS: Readonly<Record<TakeOver, number>> = {
  taken: STATUS.ok,
  busy: STATUS.busy,
  changed: STATUS.changed,
};

/** Applies `map` now or when the promise resolves: a capability that answers at once costs no turn of the event loop. */
function then<T>(value: Awaitable<T>, map: (value: T) => Answer): Awaitable<Answer> {
  return isPromise(value) ? value.then(map) : map(value);
}

function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === "function";
}
