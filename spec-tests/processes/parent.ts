import process from "node:process";
import { createInterface } from "node:readline";

/** In a child: the other end. */
export function parent<News extends { readonly type: string }, Order extends string>() {
  const arrived = new Set<Order>();
  const awaited = new Map<Order, () => void>();
  const orders = createInterface({ input: process.stdin });
  orders.on("line", (line) => {
    const order = JSON.parse(line) as Order;
    arrived.add(order);
    awaited.get(order)?.();
  });
  // Nobody is left to report to.
  orders.on("close", () => process.exit(1));
  return {
    assignment: <T>(): T => JSON.parse(process.argv[2] ?? "{}") as T,
    /** Resolves when the order has come, at once when it came before. */
    ordered: (order: Order): Promise<void> =>
      arrived.has(order) ? Promise.resolve() : new Promise((resolve) => awaited.set(order, resolve)),
    /** Resolves when the news has left this process. */
    tell: (news: News): Promise<void> =>
      new Promise((resolve, reject) =>
        process.stdout.write(`${JSON.stringify(news)}\n`, (error) => (error ? reject(error) : resolve())),
      ),
  };
}
