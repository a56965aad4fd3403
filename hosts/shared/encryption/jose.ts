import { loadPackage } from "../runtime/load-package.ts";

/**
 * In a file of its own, since its type is jose's, which wants more of TypeScript than the public types do.
 *
 * To be called by `create`: what Node could not read once, for want of descriptors, it never loads again, and a server has enough of them when it
 * starts.
 */
export const loadJose = () => loadPackage("jose", () => import("jose"));
