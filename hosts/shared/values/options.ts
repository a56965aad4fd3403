import { PersistenceError } from "../errors/persistence-error.ts";

/**
 * Options as given; none where they are `undefined` or `null`. The same goes for each single one but
 * `key` and `alsoLock`: an application that was given `null` for one of these would go on, and protect
 * its cache less than it was to.
 *
 * @throws PersistenceError `bad_argument` for what holds none: it would be passed over in
 *   silence, a promise of options too
 */
export function optionsOf<T extends object>(given: T | null | undefined): Partial<T> {
  if (given === undefined || given === null) return {};
  if (typeof given === "object" && !Array.isArray(given) && !("then" in given)) return given;
  throw new PersistenceError("bad_argument", "Options are an object. Is an `await` missing, or an argument?");
}

/** For messages: what is given instead need not have a text. */
export function shown(given: unknown): string {
  return typeof given === "number" || typeof given === "string" ? `${given}` : `of type ${typeof given}`;
}

/** @throws PersistenceError `bad_argument` */
export function assertFunction(what: string, given: unknown): void {
  if (typeof given !== "function") throw new PersistenceError("bad_argument", `${what} must be a function.`);
}
