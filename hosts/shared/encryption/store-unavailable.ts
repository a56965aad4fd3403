import { PersistenceError } from "../errors/persistence-error.ts";
import { statusOfError, toPersistenceError } from "../errors/thrown.ts";

export const NO_NATIVE_CALLS =
  "this runtime cannot call native functions here (Node.js: install koffi; Deno: --allow-ffi).";

/**
 * The error of a store whose native part could not be loaded. Where Deno barred it, the error says so, with the flag;
 * and a want of descriptors, which passes, stays what it is.
 */
export function storeUnavailable(message: string, cause: unknown): PersistenceError {
  const status = statusOfError(cause);
  if (status === "permission_denied" || status === "too_many_open_files") return toPersistenceError(cause);
  return new PersistenceError("secret_store_unavailable", message, { cause });
}
