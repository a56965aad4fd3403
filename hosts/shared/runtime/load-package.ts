import { PersistenceError } from "../errors/persistence-error.ts";
import { statusOfError } from "../errors/thrown.ts";
import { host } from "./host.ts";

/**
 * A package that not everybody needs. That it could not be loaded must not look like a failure of what it is for:
 * because `jose` could not be read, content does not count as undecryptable.
 *
 * @param load has the name in its `import`, for bundlers
 * @throws PersistenceError `too_many_open_files`, which Node 20 does not get over (it remembers that a module could not
 *   be read), `permission_denied`, where Deno was not given what the package asks for, or `not_supported`
 */
export async function loadPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const status = statusOfError(cause);
    const code = status === "too_many_open_files" || status === "permission_denied" ? status : "not_supported";
    throw new PersistenceError(code, `${name} could not be loaded: ${String(cause)}`, { cause });
  }
}

/**
 * The same for a package of CommonJS: what Node once could not import it can still be told to require. Else a process
 * that was short of descriptors at its first lease could take none for as long as it ran.
 */
export function loadCommonJs<T>(name: string, load: () => Promise<T>): Promise<T> {
  return loadPackage(name, () => load().catch((error: unknown) => required<T>(name, error)));
}

function required<T>(name: string, error: unknown): T {
  const { requirePackage } = host();
  if (requirePackage === undefined || statusOfError(error) !== "too_many_open_files") throw error;
  try {
    return requirePackage(name) as T;
  } catch {
    throw error; // still none, or it is part of a bundle
  }
}
