import { STATUS } from "../errors/status.ts";
import { MISSING, OK, ThrownAnswer, whenKnown, withPayload } from "./answer.ts";
import type { Awaitable, Capabilities, StoreVersion } from "./capabilities.ts";
import type { CapabilityCalls } from "./capability-calls.ts";
import type { CoreResult } from "./core-memory.ts";
import type { CoreImports } from "./core-module.ts";
import { encodeReadHeader, encodeVersion, encodeWritten } from "./marshal.ts";
import { isSameVersion } from "./same-version.ts";

/** More of a document than this the core has no room for, be it encrypted (core-wasm/assembly/abi/settings.ts). */
const mostToRead = (maxBytes: number) => 2 * maxBytes + 65_536;

/** Thrown through `store.replace` to keep it from publishing. */
const LOST = new ThrownAnswer(STATUS.lost, "The lock was lost.");
const CHANGED = new ThrownAnswer(STATUS.changed, "The cache has been changed by somebody who does not hold the lock.");

async function throwUnless(answer: Awaitable<boolean>, error: Error): Promise<void> {
  if (!(await answer)) throw error;
}

/** What the core imports of the store, and what is remembered of it from one call to the next. */
export class StoreImports {
  readonly #capabilities: Capabilities;
  readonly #calls: CapabilityCalls;
  readonly #maxBytes: number;
  /** What the store held when this operation looked at it last. */
  #seen: StoreVersion | undefined;
  #keptAs = "";
  /** What this operation has handed to the store, and where in the core's memory it stood. */
  #written: { readonly pointer: number; readonly content: Uint8Array } | undefined;

  constructor(capabilities: Capabilities, calls: CapabilityCalls, maxBytes: number) {
    this.#capabilities = capabilities;
    this.#calls = calls;
    this.#maxBytes = maxBytes;
  }

  /** Under which name the store has kept a damaged original. */
  get keptAs(): string {
    return this.#keptAs;
  }

  forgetWritten(): void {
    this.#written = undefined;
  }

  /** The document of a result: where it is what was handed to the store (a plain one), no second copy is made. */
  documentOf({ data, dataLength }: CoreResult): Uint8Array {
    const written = this.#written;
    const isWritten = written?.pointer === data && written.content.length === dataLength;
    return isWritten ? written.content : this.#calls.memory.copy(data, dataLength);
  }

  imports(): CoreImports[string] {
    const { store } = this.#capabilities;
    const calls = this.#calls;
    return {
      stat: calls.importOf(() =>
        whenKnown(store.stat(), (version) => {
          this.#seen = version;
          return version ? withPayload(encodeVersion(version)) : MISSING;
        }),
      ),
      read: calls.importOf(() =>
        whenKnown(store.read(mostToRead(this.#maxBytes)), (stored) => {
          this.#seen = stored?.version;
          return stored ? withPayload(encodeReadHeader(stored.version), stored.content) : MISSING;
        }),
      ),
      replace: calls.importOf((pointer, length) => {
        const content = calls.memory.copy(pointer, length);
        this.#written = { pointer, content };
        const look = () => this.#lookOnceMore();
        return whenKnown(store.replace(content, look), (version) => withPayload(encodeWritten(version)));
      }),
      remove: calls.importOf(() => whenKnown(store.remove(), (removed) => (removed ? OK : MISSING))),
      set_aside: calls.importOf(() =>
        whenKnown(store.setAside(), (name) => {
          this.#keptAs = name;
          return OK;
        }),
      ),
    };
  }

  /**
   * The lock last: it is what everybody asks for who can be asked. Of the others (Go, and Python after 5
   * s, beside a holder with a lease) one may have written since we read; what is merged again then, and
   * not written over, is not lost.
   */
  async #lookOnceMore(): Promise<void> {
    const { store, lock } = this.#capabilities;
    await throwUnless(isSameVersion(await store.stat(), this.#seen), CHANGED);
    await throwUnless(lock.check(), LOST);
  }
}
