import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** The runner broke the protocol, or is gone. What it says after that is not listened to. */
export class BrokenRunner extends Error {}

/** One line out, one line in. */
export class Conversation {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<string>;
  readonly #timeoutMs: number;

  constructor(command: string, args: readonly string[], timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdin!.on("error", () => {}); // a runner that is gone is noticed where its answer is missing
    this.#ended = new Promise((resolve) => {
      this.#child.on("error", (error) => resolve(String(error)));
      this.#child.on("close", (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`));
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async ask(message: unknown, timeoutMs = this.#timeoutMs): Promise<unknown> {
    this.#child.stdin!.write(`${JSON.stringify(message)}\n`);
    const line = await this.#next("no answer", timeoutMs);
    if (line === undefined) throw new BrokenRunner(`the runner ${await this.#ended}`);
    try {
      return JSON.parse(line);
    } catch {
      throw new BrokenRunner(`answered what is no JSON: ${line.slice(0, 80)}`);
    }
  }

  /** After the last answer nothing may come, and the runner ends by itself. */
  async end(): Promise<void> {
    this.#child.stdin!.end();
    const line = await this.#next("did not end", this.#timeoutMs);
    if (line !== undefined) throw new BrokenRunner(`went on after the last answer: ${line.slice(0, 80)}`);
    const how = await this.#ended;
    if (how !== "ended with exit code 0") throw new BrokenRunner(`the runner ${how}`);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async #next(complaint: string, timeoutMs: number): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new BrokenRunner(`${complaint} within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      const { value, done } = await Promise.race([this.#lines.next(), late]);
      return done ? undefined : value;
    } finally {
      clearTimeout(timer);
    }
  }
}
