/** What became of one vector. */
export type Verdict = "passed" | "failed" | "expected failure" | "skipped";

export interface Entry {
  readonly id: string;
  readonly verdict: Verdict;
  readonly reason?: string;
}

/** The entries of all vectors, none twice and none missing, and their sums. */
export class Report {
  readonly name: string;
  readonly entries: readonly Entry[];

  constructor(name: string, entries: readonly Entry[], vectors: number) {
    const distinct = new Set(entries.map(({ id }) => id)).size;
    if (entries.length !== vectors || distinct !== vectors) {
      throw new Error(`${name}: ${entries.length} verdicts on ${distinct} of ${vectors} vectors`);
    }
    this.name = name;
    this.entries = entries;
  }

  count(verdict: Verdict): number {
    return this.entries.filter((entry) => entry.verdict === verdict).length;
  }

  /** Nothing failed and nothing was left out. */
  get ok(): boolean {
    return this.count("failed") === 0 && this.count("skipped") === 0;
  }

  /** `name: 12 vectors = 9 passed + 0 failed + 3 expected failures + 0 skipped (12 executed)` */
  toString(): string {
    const [passed, failed, expected, skipped] = (["passed", "failed", "expected failure", "skipped"] as const).map(
      (verdict) => this.count(verdict),
    );
    const sum = `${passed} passed + ${failed} failed + ${expected} expected failures + ${skipped} skipped`;
    const head = `${this.name}: ${this.entries.length} vectors = ${sum} (${this.entries.length - skipped!} executed)`;
    const bad = this.entries.filter(({ verdict }) => verdict === "failed");
    return [head, ...bad.map(({ id, reason }) => `  ${id}: ${reason}`)].join("\n");
  }
}
