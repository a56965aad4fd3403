import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

interface Typed {
  readonly type: string;
}

/** A Node process that is told what it is on its command line, takes orders and sends news over IPC. */
export class Child<News extends Typed> {
  readonly process: ChildProcess;
  /** Resolves with the exit code; `null` when a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly #early = new Map<string, News[]>();
  readonly #awaited = new Map<string, (news: News) => void>();

  /** @param script compiled, path from the project's root */
  constructor(script: string, assignment: unknown, onNews: (news: News) => void = () => {}) {
    this.process = fork(compiled(script), [JSON.stringify(assignment)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.process.on("message", (news: News) => {
      const waiter = this.#awaited.get(news.type);
      this.#awaited.delete(news.type);
      if (waiter !== undefined) waiter(news);
      else this.#early.set(news.type, [...(this.#early.get(news.type) ?? []), news]);
      onNews(news);
    });
    this.ended = new Promise((resolve) => this.process.once("exit", resolve));
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  order(order: unknown): void {
    this.process.send(order as string, () => {}); // One that has died is noticed by its exit.
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

/** Tests run from the sources, their child processes from `dist`. */
export function compiled(script: string): string {
  const root = import.meta.url.includes("/dist/") ? "../../" : "../../dist/";
  return fileURLToPath(new URL(root + script, import.meta.url));
}

/** In a child: the other end. */
export function parent<News extends Typed, Order extends string>() {
  const arrived = new Set<Order>();
  const awaited = new Map<Order, () => void>();
  process.on("message", (order: Order) => {
    arrived.add(order);
    awaited.get(order)?.();
  });
  // Nobody is left to report to.
  process.on("disconnect", () => process.exit(1));
  return {
    assignment: <T>(): T => JSON.parse(process.argv[2] ?? "{}") as T,
    /** Resolves when the order has come, at once when it came before. */
    ordered: (order: Order): Promise<void> =>
      arrived.has(order) ? Promise.resolve() : new Promise((resolve) => awaited.set(order, resolve)),
    /** Resolves when the news has left this process. */
    tell: (news: News): Promise<void> =>
      new Promise((resolve, reject) =>
        process.send!(news, (error: Error | null) => (error ? reject(error) : resolve())),
      ),
  };
}
