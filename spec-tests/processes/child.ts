import { fileURLToPath } from "node:url";
import { type Command, Conversation } from "./conversation.ts";

export type { Command } from "./conversation.ts";

/** A process of Node, Deno or Bun that runs a script of ours. */
export class Child<News extends { readonly type: string }> extends Conversation<News> {
  /** @param script compiled, path from the project's root */
  constructor(
    script: string,
    assignment: unknown,
    onNews?: (news: News) => void,
    command: Command = [process.execPath],
  ) {
    super([...command, compiled(script)], assignment, onNews);
  }
}

/** Tests run from the sources, their child processes from `dist`. */
export function compiled(script: string): string {
  const root = import.meta.url.includes("/dist/") ? "../../" : "../../dist/";
  return fileURLToPath(new URL(root + script, import.meta.url));
}
