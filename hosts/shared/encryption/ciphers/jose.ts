import { loadPackage } from "../../runtime/load-package.ts";

/**
 * In a file of its own, since its type is jose's, which wants more of TypeScript than the public types do.
 *
 * To be called by `create`, when a server starts and has descriptors enough: what Node 20 once could not read for
 * want of them it never loads again.
 */
export const loadJose = () => loadPackage("jose", () => import("jose"));
