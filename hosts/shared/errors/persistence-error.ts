import { STATUS_MESSAGE, type StatusName } from "./status.ts";

/** Who holds a lock, as far as the lock file tells. */
export interface LockHolder {
  /** `undefined` when the file names no process. */
  readonly pid: number | undefined;
  /** What the holder wrote about itself; may be empty, and is where the file names no process: that may be anything. */
  readonly program: string;
  readonly ageMs: number;
}

/** Which of the documents of a merge an error is about: what is stored, what was last read, what is to be stored. */
export type DocumentRole = "theirs" | "base" | "ours";

export interface PersistenceErrorDetails {
  /** The cache or the lock file. */
  readonly location?: string | undefined;
  readonly holder?: LockHolder | undefined;
  readonly document?: DocumentRole | undefined;
  /** Byte offset of what is wrong in that document. */
  readonly offset?: number | undefined;
  /** The error underneath, as it was. */
  readonly cause?: unknown;
}

const DETAILS = ["location", "holder", "document", "offset"] as const;

/**
 * The one base class of what this package throws. `code` is stable and comes from `core-wasm/errors.json`; the message
 * is for people and never holds cache content.
 */
export class PersistenceError extends Error {
  override readonly name: string = "PersistenceError";
  readonly code: StatusName;
  // Declared, not defined: what is not known is no property, or whoever prints an error would print each as
  // `undefined`.
  declare readonly location: string | undefined;
  declare readonly holder: LockHolder | undefined;
  declare readonly document: DocumentRole | undefined;
  declare readonly offset: number | undefined;

  constructor(code: StatusName, message: string = STATUS_MESSAGE[code], details: PersistenceErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    for (const name of DETAILS) if (details[name] !== undefined) Object.assign(this, { [name]: details[name] });
  }

  /** The family's name for `code`. */
  get errorCode(): string {
    return this.code;
  }

  /** The family's name for `message`. */
  get errorMessage(): string {
    return this.message;
  }
}

/** Nothing has been saved at this location yet. */
export class PersistenceNotFound extends PersistenceError {
  override readonly name: string = "PersistenceNotFound";

  constructor(location: string, details: PersistenceErrorDetails = {}) {
    super("persistence_not_found", `${STATUS_MESSAGE.persistence_not_found} ${location}`, { ...details, location });
  }
}
