import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Program } from "../writers/programs.ts";
import type { Client } from "./client.ts";

export interface Member {
  /** The machine that it is on. */
  readonly client: Pick<Client, "spawn" | "kill">;
  readonly program: Program;
  readonly prefix: string;
  readonly commits: number;
  /** Milliseconds, at most, between two of them; only of a program that tells. */
  readonly pauseMs?: number;
  /** Killed at some moment after one of its commits. */
  readonly isKilled?: boolean;
}

/** Processes that commit to one cache: what they have said, and how they ended. */
export class Company {
  readonly told: string[] = [];
  readonly faults: string[] = [];
  readonly #cache: string;
  readonly #children = new Map<ChildProcess, Member["client"]>();

  /** @param cache where all of them have it */
  constructor(cache: string) {
    this.#cache = cache;
  }

  /** Resolves when it has ended. */
  async join(member: Member): Promise<void> {
    const { client, program, prefix, commits, pauseMs = 0, isKilled = false } = member;
    const [path, ...options] = program.command;
    const news = program.tells ? ["-", String(pauseMs)] : [];
    const omitted = program.without === undefined ? [] : [program.without];
    const child = client.spawn([path, ...options, this.#cache, prefix, String(commits), ...news, ...omitted]);
    this.#children.set(child, client);
    let isDoomed = isKilled;
    createInterface({ input: child.stdout! }).on("line", (line) => {
      this.told.push(program.tells ? line : `${prefix} ${line}`);
      if (!isDoomed || !line.includes("committed ") || Math.random() > 0.3) return;
      isDoomed = false;
      client.kill(child);
    });
    const [code] = (await once(child, "close")) as [number | null];
    this.#children.delete(child);
    if (code !== 0 && !isKilled) this.faults.push(`${prefix} has ended with ${code}`);
  }

  /** Kills those that have not ended. */
  kill(): void {
    for (const [child, client] of this.#children) client.kill(child);
  }
}
