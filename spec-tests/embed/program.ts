import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

/** A program of an embedding, which says in lines what it has done. Killed when the test has ended. */
export class Program {
  readonly lines: string[] = [];
  /** Resolves with the exit code; `null` when a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #heard: () => void = () => {};

  constructor([program, ...options]: readonly [string, ...string[]], args: readonly string[], environment = {}) {
    this.#child = spawn(program, [...options, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...environment },
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("close", resolve); // comes after the last line
      this.#child.once("error", reject);
    });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      this.lines.push(line);
      this.#heard();
    });
    onTestFinished(() => this.kill());
  }

  /** False: the program has ended without having said so. */
  async says(line: string): Promise<boolean> {
    const said = new Promise<void>((resolve) => {
      this.#heard = () => this.lines.includes(line) && resolve();
      this.#heard();
    });
    await Promise.race([said, this.ended]);
    return this.lines.includes(line);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}
