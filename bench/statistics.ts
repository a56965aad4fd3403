/** Microseconds that one call of `work` takes. */
export function timeOf(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e3;
}

/** Milliseconds that each of so many calls takes, one after the other. */
export async function timesOf(count: number, work: (n: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const started = performance.now();
    await work(n);
    times.push(performance.now() - started);
  }
  return times;
}

export interface Spread {
  readonly median: number;
  /** The 10th and the 90th percentile. */
  readonly low: number;
  readonly high: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: percentile(values, 0.5), low: percentile(values, 0.1), high: percentile(values, 0.9) };
}

/** NaN where there are no values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** One call; returns the microseconds that count. */
export type Timed = () => number;

export function timed(work: () => void): Timed {
  return () => timeOf(work);
}

/**
 * Runs the contenders in turn, so that each meets the same load of the machine. For each, the mean time of every round.
 */
export function alternate(contenders: readonly Timed[], rounds: number, callsPerRound: number): number[][] {
  const times: number[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    contenders.forEach((call, index) => {
      let total = 0;
      for (let calls = 0; calls < callsPerRound; calls += 1) total += call();
      times[index]?.push(total / callsPerRound);
    });
  }
  return times;
}
