import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

interface Typed {
  readonly type: string;
}

/** How a runtime is told to run a script: the program, and what comes before the script. */
export type Command = readonly [program: string, ...options: string[]];

/**
 * A process in any language that is told what it is on its command line. It takes orders on stdin and sends news on
 * stdout, a line of JSON each: the one channel that all of them have.
 */
export class Conversation<News extends Typed> {
  readonly process: ChildProcess;
  /** Resolves with the exit code; `null` when a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly #early = new Map<string, News[]>();
  readonly #awaited = new Map<string, (news: News) => void>();

  /** @param environment in addition to this process's own */
  constructor(
    [program, ...options]: Command,
    assignment: unknown,
    onNews: (news: News) => void = () => {},
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.process = spawn(program, [...options, JSON.stringify(assignment)], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...environment },
    });
    this.process.stdin!.on("error", () => {}); // One that has died is noticed by its exit.
    createInterface({ input: this.process.stdout! }).on("line", (line) => {
      const news = JSON.parse(line) as News;
      const waiter = this.#awaited.get(news.type);
      this.#awaited.delete(news.type);
      if (waiter !== undefined) waiter(news);
      else this.#early.set(news.type, [...(this.#early.get(news.type) ?? []), news]);
      onNews(news);
    });
    // "close" comes after the last line, "exit" may not.
    this.ended = new Promise((resolve) => this.process.once("close", resolve));
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  order(order: unknown): void {
    this.process.stdin!.write(`${JSON.stringify(order)}\n`);
  }

  /** The next news of this type that nobody has heard yet; `undefined` when the process ends without. */
  async hear<T extends News["type"]>(type: T): Promise<Extract<News, { type: T }> | undefined> {
    const next = new Promise<News>((resolve) => {
      const early = this.#early.get(type)?.shift();
      if (early !== undefined) resolve(early);
      else this.#awaited.set(type, resolve);
    });
    return (await Promise.race([next, this.ended.then(() => undefined)])) as Extract<News, { type: T }> | undefined;
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended;
  }
}
