import { PersistenceError } from "../errors/persistence-error.ts";
import { shown } from "../values/options.ts";

export type Limits = Readonly<Record<"maxBytes" | "lockTimeoutMs", number>>;

export interface SessionLimits {
  /** Documents larger than this are refused. 64 MiB unless told otherwise. */
  readonly maxBytes?: number | undefined;
  /** How long an operation waits for the lock, in milliseconds. 10 000 unless told otherwise. */
  readonly lockTimeoutMs?: number | undefined;
}

const DEFAULTS = { maxBytes: 64 * 1024 * 1024, lockTimeoutMs: 10_000 } as const;
/** The core counts in 32 bits. */
const LARGEST = 0xffffffff;

/**
 * @throws PersistenceError `bad_argument` for what is no such number: in the core it would
 *   become 0, and refuse everything
 */
export function limitsOf(limits: SessionLimits): Limits {
  return { maxBytes: limitOf("maxBytes", limits), lockTimeoutMs: limitOf("lockTimeoutMs", limits) };
}

/** @throws PersistenceError `bad_argument` */
export function limitOf(name: keyof SessionLimits, limits: SessionLimits): number {
  const limit = limits[name] ?? DEFAULTS[name];
  // In most processes nobody has set any: one function less for V8 to compile before the first merge.
  return limit === DEFAULTS[name] ? limit : Math.min(checkedLimit(name, limit), LARGEST);
}

/** @throws PersistenceError `bad_argument` */
export function checkedLimit(name: string, value: number): number {
  if (typeof value === "number" && value >= 0) return value;
  throw new PersistenceError("bad_argument", `${name} must be a number that is not negative, and is ${shown(value)}.`);
}
