/**
 * How long a commit waits for others, in milliseconds: their turns take longer than its own work
 * only when there are very many.
 */
const LIMIT_MS = 200;

/**
 * Writers that wait for their turn at MSAL's memory, or have it. A commit lets them finish first: what they change then
 * shares its write. They wait for nothing but each other, so none of them can be waiting for the commit.
 */
export class PendingWriters {
  #count = 0;
  #onLast: (() => void) | undefined;

  enter(): void {
    this.#count += 1;
  }

  leave(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#onLast?.();
  }

  /** Resolves when there are none, and after 200 ms at the latest. For one commit at a time. */
  async settled(): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LIMIT_MS);
      this.#onLast = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#onLast = undefined;
  }
}
