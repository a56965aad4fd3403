import type * as Runtimes from "../../tools/runtimes.d.mts";
import type { Command } from "./child.ts";

export type RuntimeName = "node" | "deno" | "bun";

/** From the sources as well as from `dist`. */
const root = new URL(import.meta.url.includes("/dist/") ? "../../../" : "../../", import.meta.url);

/** A module that is not compiled, by its path from the project's root. */
export const fromRoot = <T>(path: string): Promise<T> => import(new URL(path, root).href) as Promise<T>;

/** Under which Node may read and write files and nothing else. From 22 on. */
export const PERMISSION_MODEL = ["--permission", "--no-warnings", "--allow-fs-read=*", "--allow-fs-write=*"] as const;

const OPTIONS: Readonly<Record<RuntimeName, readonly string[]>> = { node: [], deno: ["run", "--allow-all"], bun: [] };

/** @throws where the runtime is not installed: `npm ci` brings all three */
export async function commandFor(name: RuntimeName): Promise<Command> {
  const { findRuntime } = await fromRoot<typeof Runtimes>("tools/runtimes.mjs");
  const found = findRuntime(name);
  if (found === undefined) throw new Error(`${name} is not installed; npm ci brings it.`);
  return [found.path, ...OPTIONS[name]];
}
