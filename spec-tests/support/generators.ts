export * from "./generators-damage.ts";
export * from "./generators-documents.ts";
export * from "./generators-trees.ts";

/** How often a property is tried; a soak tries a hundred times as often. */
const factor = process.env.SOAK === "1" ? 100 : 1;

/** Without shrinking: what is drawn late depends on what was drawn early, and shrinking hardly ever ends. */
export const runs = (count: number) => ({ numRuns: count * factor, endOnFailure: true });
export const patience = 20_000 * factor;
