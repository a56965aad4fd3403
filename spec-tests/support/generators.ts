export * from "./generators-damage.ts";
export * from "./generators-documents.ts";
export * from "./generators-trees.ts";

/** How often a property is tried; a soak tries a hundred times as often. */
const factor = process.env.SOAK === "1" ? 100 : 1;

export const runs = (count: number): { numRuns: number } => ({ numRuns: count * factor });
export const patience = 20_000 * factor;
