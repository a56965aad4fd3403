import type * as Runtimes from "../../tools/runtimes.d.mts";
import type * as Embeddings from "../embed/setup.d.mts";
import type { Command } from "../processes/child.ts";
import { compiled } from "../processes/child.ts";

/** Who commits, and how it is started. */
export interface Program {
  readonly name: string;
  readonly command: Command;
  /** It says itself, at once, what it has stored. Otherwise it prints that. */
  readonly tells: boolean;
  readonly options: readonly string[];
  /** It does not wait for the disk, so it must lose something: else the cuts would show nothing. */
  readonly mustLose: boolean;
}

const root = new URL(import.meta.url.includes("/dist/") ? "../../../" : "../../", import.meta.url);
const fromRoot = <T>(path: string) => import(new URL(path, root).href) as Promise<T>;

const PERMISSION = ["--permission", "--no-warnings", "--allow-fs-read=*", "--allow-fs-write=*"];
const BEFORE_SCRIPT: Readonly<Record<string, readonly string[]>> = { deno: ["run", "--allow-all"] };

/** Those that are installed. */
export async function findPrograms(): Promise<Program[]> {
  const { findNodes, findRuntime } = await fromRoot<typeof Runtimes>("tools/runtimes.mjs");
  const { build, EMBEDDINGS, missingFor } = await fromRoot<typeof Embeddings>("spec-tests/embed/setup.mjs");
  const script = compiled("spec-tests/power-cut/writer.js");
  const ours = (name: string, path: string, flags: readonly string[], options: readonly string[] = []): Program => ({
    name,
    command: [path, ...flags, script],
    tells: true,
    options,
    mustLose: options.length > 0,
  });
  const programs = [ours("Node.js that does not wait for the disk", process.execPath, [], ["unsynced"])];
  for (const name of ["node", "deno", "bun"]) {
    const found = findRuntime(name);
    if (found) programs.push(ours(`${name} ${found.version}`, found.path, BEFORE_SCRIPT[name] ?? []));
  }
  for (const { path, version } of findNodes(22)) programs.push(ours(`node ${version} --permission`, path, PERMISSION));
  for (const name of Object.keys(EMBEDDINGS) as Embeddings.EmbeddingName[]) {
    if (missingFor(name).length > 0) {
      console.warn(`SKIPPED: ${name} cannot be built here`);
      continue;
    }
    await build(name);
    programs.push({
      name,
      command: EMBEDDINGS[name].programs.contention,
      tells: false,
      options: [],
      mustLose: false,
    });
  }
  return programs;
}

export const recordingDisk = () =>
  fromRoot<{ PYTHON: string; RECORDING_DISK: string; build(): Promise<unknown> }>("spec-tests/power-cut/setup.mjs");
