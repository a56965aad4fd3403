/**
 * Looked up once, on import: a test that replaces the timers of its application afterwards must not stop the plugin.
 */
const inMacrotask: (task: () => void) => unknown =
  typeof setImmediate === "function" ? setImmediate : (task) => setTimeout(task, 0);

/** Who reads in a loop, and finds all in memory, must not keep the event loop from turning. */
const AT_ONCE = 16;

interface Entry {
  readonly alone: boolean;
  readonly run: () => boolean;
}

/**
 * Lets callers at one token cache's memory in, in order: one who enters alone in a macrotask of its own, and
 * after it nobody until it has left; others at once where nobody is inside alone or waits, up to 16 in one turn of the
 * event loop, else in a macrotask too.
 *
 * Why a macrotask. Between `beforeCacheAccess` and `afterCacheAccess` msal-node awaits nothing but microtasks
 * (`ResponseHandler.handleServerTokenResponse` saves with async functions that do no I/O; `removeAccount` and
 * `getAllAccounts` are synchronous). `TokenCache.overwriteCache`, which every `acquireTokenSilent` begins with, clears
 * memory, awaits `beforeCacheAccess`, and then lays `getCacheSnapshot()`, the document last deserialized, over memory.
 * Resolved in the same turn as a writer, that overlay would undo in memory what the writer has just changed and bring
 * back what it removed, and `afterCacheAccess` would read a reversed cache. With a macrotask before each writer the
 * sections of all who were let in before it have run. Among readers alone nothing is undone: each lays the same
 * document over memory, or a newer one. A section that does await more is alone.
 */
export class MemoryGate {
  readonly #waiting: Entry[] = [];
  #scheduled = false;
  #closed = false;
  /** How many have been let in at once in this turn of the event loop. */
  #atOnce = 0;

  /** Runs `task` when it is this caller's turn; the promise resolves in that same turn. */
  async enter<T>(task: () => T): Promise<T> {
    return this.#mayEnterAtOnce() ? task() : this.#inTurn({ alone: false }, task);
  }

  /** The same, and nobody else comes in until `leave`. When `task` throws, the promise rejects and nothing is held. */
  async enterAlone<T>(task: () => T): Promise<T> {
    return this.#inTurn({ alone: true }, task);
  }

  #mayEnterAtOnce(): boolean {
    if (this.#closed || this.#waiting.length > 0 || this.#atOnce === AT_ONCE) return false;
    if (this.#atOnce === 0) inMacrotask(() => this.#beginTurn());
    this.#atOnce += 1;
    return true;
  }

  #beginTurn(): void {
    this.#atOnce = 0;
  }

  #inTurn<T>({ alone }: Pick<Entry, "alone">, task: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = () => {
        try {
          resolve(task());
          return true;
        } catch (error) {
          reject(error);
          return false;
        }
      };
      this.#waiting.push({ alone, run });
      this.#schedule();
    });
  }

  /** Somebody is in line. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** Ends the section of whoever is inside alone. */
  leave(): void {
    this.#closed = false;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed || this.#waiting.length === 0) return;
    this.#scheduled = true;
    inMacrotask(() => this.#admit());
  }

  #admit(): void {
    this.#scheduled = false;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#closed = next.alone;
    if (!next.run()) this.#closed = false;
    this.#schedule();
  }
}
