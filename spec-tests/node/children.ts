import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const script = fileURLToPath(new URL("./lock-child.mjs", import.meta.url));
const built = fileURLToPath(new URL("../../dist/spec-tests/node/acquire.js", import.meta.url));

/** A real process with a lock of its own. */
export class Child {
  readonly process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(path: string, kind: "K" | "P") {
    if (!existsSync(built)) {
      throw new Error("Child processes run what is in dist: build first (npm run build)");
    }
    this.process = spawn(process.execPath, [script, path, kind]);
    this.process.stderr.pipe(process.stderr);
    this.#answers = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    onTestFinished(() => this.kill());
  }

  tell(...words: (string | number)[]): void {
    this.process.stdin.write(`${words.join("\t")}\n`);
  }

  async ask(...words: (string | number)[]): Promise<unknown> {
    this.tell(...words);
    const { value, done } = await this.#answers.next();
    if (done) {
      throw new Error(`The process ended instead of answering ${words[0]}`);
    }
    return JSON.parse(value);
  }

  /** At once, with nothing tidied up. */
  async kill(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGKILL");
      await once(this.process, "exit");
    }
  }
}
