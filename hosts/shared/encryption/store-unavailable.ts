import { PersistenceError, statusOfError, toPersistenceError } from "../core/errors.ts";

/** The error of a store whose native part could not be loaded. That Deno barred it is said as it is, with the flag. */
export function storeUnavailable(message: string, cause: unknown): PersistenceError {
  if (statusOfError(cause) === "permission_denied") return toPersistenceError(cause);
  return new PersistenceError("secret_store_unavailable", message, { cause });
}
