import type { Random } from "../schedule/random.ts";

/** A descriptor, numbered by whoever plans. */
type Handle = number;

/** One system call of one of two processes on the files of one folder. */
export type FileCall =
  | { readonly call: "open"; readonly handle: Handle; readonly name: string; readonly how: OpenMode }
  | { readonly call: "close" | "fstat"; readonly handle: Handle }
  | {
      readonly call: "flock" | "unflock" | "descriptionLock" | "processLock" | "processUnlock";
      readonly handle: Handle;
    }
  | { readonly call: "read"; readonly handle: Handle; readonly position: number; readonly length: number }
  | { readonly call: "write"; readonly handle: Handle; readonly position: number; readonly text: string }
  | { readonly call: "truncate"; readonly handle: Handle; readonly length: number }
  | { readonly call: "setTimes"; readonly handle: Handle; readonly modifiedMs: number }
  | { readonly call: "stat" | "unlink" | "makeFolder" | "removeFolder"; readonly name: string }
  | { readonly call: "rename" | "link"; readonly name: string; readonly to: string }
  /** Does the name lead to the file that the descriptor is of? */
  | { readonly call: "isAtPath"; readonly handle: Handle; readonly name: string }
  | { readonly call: "list" };

/**
 * For reading what is there; for reading and writing it; and what the host's flags `wx+` and
 * the peers' `w+` and `a+` ask for.
 */
export type OpenMode = "read" | "update" | "exclusive" | "truncate" | "create";

/** What a call returned, or the code of its error. */
export type Outcome = { readonly value: unknown } | { readonly error: string };

/** Times before this one were set, later ones are those of the clock. */
export const EARLIEST_CLOCK_MS = 10 ** 12;

export const OWNERS = ["a", "b"] as const;
export type Owner = (typeof OWNERS)[number];

export const NAMES = ["cache", "lock", "lease", "lease/ticket"];
const MODES: readonly OpenMode[] = ["read", "update", "exclusive", "truncate", "create"];

/**
 * Plans calls one after the other, knowing what is open: a call on a closed descriptor tells nothing,
 * its number may be another one's.
 */
export class Planner {
  readonly #random: Random;
  readonly #open: Record<Owner, Map<Handle, OpenMode>> = { a: new Map(), b: new Map() };
  #handles = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): { owner: Owner; call: FileCall } {
    const owner = this.#random.pick(OWNERS);
    const open = [...this.#open[owner].keys()];
    const isOnName = open.length === 0 || this.#random.chance(0.5);
    return { owner, call: isOnName ? this.#onName(open) : this.#onHandle(owner, this.#random.pick(open)) };
  }

  /** To be told what became of a call. */
  ended(owner: Owner, call: FileCall, outcome: Outcome): void {
    if (call.call === "open" && "value" in outcome) this.#open[owner].set(call.handle, call.how);
    if (call.call === "close") this.#open[owner].delete(call.handle);
  }

  #onName(open: readonly Handle[]): FileCall {
    const random = this.#random;
    const name = random.pick(NAMES);
    switch (random.below(10)) {
      case 0:
        return { call: "stat", name };
      case 1:
        return { call: random.pick(["unlink", "unlink", "removeFolder"]), name };
      case 2:
        return { call: "makeFolder", name };
      case 3:
      case 4:
        return { call: random.pick(["rename", "link"]), name, to: random.pick(NAMES) };
      case 5:
        return open.length === 0 ? { call: "list" } : { call: "isAtPath", handle: random.pick(open), name };
      default:
        return { call: "open", handle: ++this.#handles, name, how: random.pick(MODES) };
    }
  }

  #onHandle(owner: Owner, handle: Handle): FileCall {
    const random = this.#random;
    const isWritable = this.#open[owner].get(handle) !== "read";
    const locks = ["flock", "unflock", "descriptionLock", "processLock", "processUnlock"] as const;
    switch (random.below(isWritable ? 8 : 4)) {
      case 0:
        return { call: "close", handle };
      case 1:
        return { call: "fstat", handle };
      case 2:
        return { call: "read", handle, position: random.below(8), length: 1 + random.below(8) };
      case 3:
        return { call: random.pick(["flock", "unflock"]), handle };
      case 4:
        return { call: "write", handle, position: random.below(8), text: "x".repeat(1 + random.below(8)) };
      case 5:
        return random.chance(0.5)
          ? { call: "truncate", handle, length: random.below(8) }
          : { call: "setTimes", handle, modifiedMs: 1000 * (1000 + random.below(1000)) };
      default:
        return { call: random.pick(locks), handle };
    }
  }
}
