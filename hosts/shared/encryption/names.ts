import { PersistenceError } from "../errors/persistence-error.ts";

/**
 * C takes what is no text for an address: an attribute that is undefined, say a variable that is not set, would end the
 * process on the first use. And for C text ends at a NUL: names that differ only behind it would be one item, and the
 * item that a store is tried out with would be the cache itself.
 *
 * @throws PersistenceError `bad_argument`
 */
export function assertNames(what: string, names: readonly unknown[]): void {
  if (names.every((name) => typeof name === "string" && !name.includes("\0"))) return;
  throw new PersistenceError("bad_argument", `${what} is text without NUL characters. Is it undefined?`);
}
