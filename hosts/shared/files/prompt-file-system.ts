import type { FileSystem } from "./file-system.ts";

/**
 * Answered by the kernel from memory as a rule. Through the thread pool of the runtime each takes 40 to
 * 50 µs of two processors and wakes two threads; made at once, 1 to 5 µs (Node 20, 4,000 of each by
 * hand). A commit has about 30 of them.
 */
const PROMPT = [
  ...["chmod", "close", "fstat", "ftruncate", "futimes", "link", "lstat", "mkdir", "open", "read"],
  ...["readdir", "readFile", "readlink", "rename", "rmdir", "stat", "unlink", "utimes", "write"],
] as const;

type PromptName = (typeof PROMPT)[number];

/** The same functions, as `node:fs` has them under their names with `Sync`. */
export type SynchronousFunctions = Readonly<Record<`${PromptName}Sync`, (...values: never[]) => unknown>>;

/** Copying more than this between a file and memory takes so long that others should have their turn meanwhile. */
const MAX_BYTES = 256 * 1024;
/**
 * A call that takes longer, in milliseconds, waited for the disk, or the processor was
 * taken away from it in the middle.
 */
const PROMPT_MS = 1;
/** No scheduler keeps a process waiting for this long. */
const STALLED_MS = 250;
/**
 * Where processors are busy, slow calls come one by one (8 processes on 2: one call in 45); where the disk is slow, in
 * a row. Judged by their mean time instead, half of the calls of those 8 processes went to the thread pool, at the
 * price of a sixth of their processor time.
 */
const SLOW_IN_A_ROW = 4;
/** A slow call is forgotten after so many quick ones. */
const QUICK_FOR_A_SLOW = 8;
/**
 * Then the thread pool does the work for so many times as long as those calls took: so the event loop
 * stands still for 2 % of the time.
 */
const PATIENCE = 50;

/**
 * One call in so many is left to the thread pool all the same: a loop of operations that never wait would
 * keep the event loop from turning.
 */
const CALLS_A_TURN = 256;

/** `node:fs`, as far as it is used. */
export type SystemFunctions = Omit<FileSystem, "closeElsewhere"> & SynchronousFunctions;

type Callback = (error: unknown, value?: unknown) => void;
type Waiting = (...values: unknown[]) => void;

/**
 * `fs` with callbacks as before, of which those that need not wait for a disk are called before the function
 * returns. On a disk that sleeps or a network file system they wait all the same: whoever meets that leaves them
 * to the thread pool for a while.
 */
export function promptFileSystem(fs: SystemFunctions, now: () => number): FileSystem {
  const patience = new Patience();

  function promptly(name: PromptName): Waiting {
    const waiting = fs[name] as unknown as Waiting;
    const atOnce = fs[`${name}Sync`] as unknown as (...values: unknown[]) => unknown;
    return (...values) => {
      const began = now();
      if (patience.leavesToThreadPool(began, isLarge(name, values))) {
        waiting(...values);
        return;
      }
      const callback = values.pop() as Callback;
      let error: unknown = null;
      let value: unknown;
      try {
        value = atOnce(...values);
      } catch (thrown) {
        error = thrown;
      }
      const answered = now();
      patience.note(answered, answered - began);
      callback(error, value);
    };
  }

  const functions = Object.fromEntries(PROMPT.map((name) => [name, promptly(name)])) as Partial<FileSystem>;
  const { close, fchown, fsync, rmdirSync, watch } = fs;
  return { closeElsewhere: close, fchown, fsync, rmdirSync, watch, ...functions } as FileSystem;
}

/** Tells from how long calls have taken whether the next one is made at once. */
class Patience {
  #until = 0;
  #slowCalls = 0;
  #slowMs = 0;
  #callsThisTurn = 0;

  leavesToThreadPool(now: number, isLarge: boolean): boolean {
    this.#callsThisTurn += 1;
    const leaves = now < this.#until || this.#callsThisTurn === CALLS_A_TURN || isLarge;
    if (leaves) this.#callsThisTurn = 0;
    return leaves;
  }

  note(now: number, tookMs: number): void {
    if (tookMs <= PROMPT_MS) {
      if (this.#slowCalls > 0) this.#slowCalls -= 1 / QUICK_FOR_A_SLOW;
      return;
    }
    if (this.#slowCalls <= 0) this.#slowMs = 0;
    this.#slowCalls = Math.max(this.#slowCalls, 0) + 1;
    this.#slowMs += tookMs;
    if (this.#slowCalls < SLOW_IN_A_ROW && tookMs < STALLED_MS) return;
    this.#until = now + this.#slowMs * PATIENCE;
    this.#slowCalls = 0;
  }
}

/** Of `read` and `write` the fourth value is how many bytes. */
function isLarge(name: PromptName, values: readonly unknown[]): boolean {
  return (name === "read" || name === "write") && Number(values[3]) > MAX_BYTES;
}
