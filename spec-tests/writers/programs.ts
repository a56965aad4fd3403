import process from "node:process";
import type * as Runtimes from "../../tools/runtimes.d.mts";
import type * as Embeddings from "../embed/setup.d.mts";
import { type Command, compiled } from "../processes/child.ts";
import { commandFor, fromRoot, PERMISSION_MODEL } from "../processes/commands.ts";

/** To wait for the disk, to hold the lock. */
export type Omission = "syncing" | "locking";

/** Who commits, and how it is started. */
export interface Program {
  readonly name: string;
  readonly command: Command;
  /** It says itself, at once, what it has stored. Otherwise it prints that. */
  readonly tells: boolean;
  /** What it leaves out. It must lose something: else all others would show nothing. */
  readonly without?: Omission;
}

/** Those that are installed, after one of Node's that leaves something out. */
export async function findPrograms(without: Omission): Promise<Program[]> {
  const { findNodes } = await fromRoot<typeof Runtimes>("tools/runtimes.mjs");
  const programs: Program[] = [{ ...ours(`node without ${without}`, [process.execPath]), without }];
  for (const name of ["node", "deno", "bun"] as const) programs.push(ours(name, await commandFor(name)));
  for (const { path, version } of findNodes(22)) {
    programs.push(ours(`node ${version} --permission`, [path, ...PERMISSION_MODEL]));
  }
  return [...programs, ...(await embeddings())];
}

function ours(name: string, command: Command): Program {
  const script = compiled("spec-tests/writers/writer.js");
  return { name, command: [...command, script], tells: true };
}

async function embeddings(): Promise<Program[]> {
  const { build, EMBEDDINGS, missingFor } = await fromRoot<typeof Embeddings>("spec-tests/embed/setup.mjs");
  const programs: Program[] = [];
  for (const name of Object.keys(EMBEDDINGS) as Embeddings.EmbeddingName[]) {
    if (missingFor(name).length > 0) {
      console.warn(`SKIPPED: ${name} cannot be built here`);
      continue;
    }
    await build(name);
    programs.push({ name, command: EMBEDDINGS[name].programs.contention, tells: false });
  }
  return programs;
}
