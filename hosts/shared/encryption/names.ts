import { PersistenceError } from "../core/errors.ts";

/**
 * For C what is no text is an address: an attribute that is undefined, say a variable that is not set, would end the process on the first use. And text
 * ends there at a NUL: names that differ behind it would be one item, and what a store is tried out with the cache itself.
 *
 * @throws PersistenceError `bad_argument`
 */
export function assertNames(what: string, names: readonly unknown[]): void {
  if (names.every((name) => typeof name === "string" && !name.includes("\0"))) return;
  throw new PersistenceError("bad_argument", `${what} is text without NUL characters. Is it undefined?`);
}
