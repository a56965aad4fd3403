import type { Command } from "./child.ts";

export type RuntimeName = "node" | "deno" | "bun";

interface Found {
  readonly path: string;
}

/** From the sources as well as from `dist`. */
const root = new URL(import.meta.url.includes("/dist/") ? "../../../" : "../../", import.meta.url);

const OPTIONS: Readonly<Record<RuntimeName, readonly string[]>> = { node: [], deno: ["run", "--allow-all"], bun: [] };

/** @throws where the runtime is not installed: `npm ci` brings all three */
export async function commandFor(name: RuntimeName): Promise<Command> {
  const { findRuntime } = (await import(new URL("tools/runtimes.mjs", root).href)) as {
    findRuntime(name: string): Found | undefined;
  };
  const found = findRuntime(name);
  if (found === undefined) throw new Error(`${name} is not installed; npm ci brings it.`);
  return [found.path, ...OPTIONS[name]];
}
