export * from "./generators-damage.ts";
export * from "./generators-documents.ts";
export * from "./generators-trees.ts";

/**
 * How often a property is tried in one run. `npm run soak` runs the file again and again instead of trying more often
 * in one process: what `fc.gen()` has drawn stays reachable, and 4 GB were full after 40 000 documents. Without
 * shrinking: what is drawn late depends on what was drawn early, and shrinking hardly ever ends.
 */
export const runs = (count: number) => ({ numRuns: count, endOnFailure: true });
