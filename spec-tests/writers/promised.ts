import { readFileSync } from "node:fs";

/** What has been said to be stored, and what is there. */
export class Promised {
  readonly #stored = new Set<string>();
  readonly #changing = new Set<string>();
  readonly #removed = new Set<string>();

  take(lines: readonly string[]): void {
    for (const line of lines) this.#takeOne(line);
  }

  /** `<prefix> committed <n>`, `<prefix> removed <n>`, and before either is certain `<prefix> removes <n>`. */
  #takeOne(line: string): void {
    const [, prefix, what, n] = /^(\S+) (committed|removes|removed) (\d+)$/.exec(line) ?? [];
    const key = `${prefix}-${n}`;
    if (what === "committed") this.#stored.add(key);
    if (what === "removes") this.#changing.add(key);
    if (what === "removed") this.#removed.add(key);
  }

  /** What is wrong with the cache that a power cut has left; nothing: nothing. */
  faultsOf(cache: string): string[] {
    let found: string[];
    try {
      found = Object.keys(JSON.parse(readFileSync(cache, "utf8")).AccessToken);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") return [`cannot be read: ${(error as Error).message}`];
      found = [];
    }
    const there = new Set(found);
    const lost = [...this.#stored].filter((key) => !this.#changing.has(key) && !there.has(key));
    const back = [...this.#removed].filter((key) => there.has(key));
    return [...lost.map((key) => `lost ${key}`), ...back.map((key) => `brought back ${key}`)];
  }
}
