export * from "./document.ts";
export * from "./inspect.ts";
export * from "./json.ts";
export * from "./merge.ts";
export * from "./merger.ts";
export * from "./salvage.ts";
export * from "./value.ts";
