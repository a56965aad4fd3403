/** Microseconds that one call of `work` takes. */
export function timeOf(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e3;
}

export interface Spread {
  readonly median: number;
  /** The 10th and the 90th percentile. */
  readonly low: number;
  readonly high: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
  return { median: at(0.5), low: at(0.1), high: at(0.9) };
}

/** Runs the contenders in turn, so that each meets the same load of the machine. One list of times for each. */
export function alternate(contenders: ReadonlyArray<() => void>, rounds: number, callsPerRound: number): number[][] {
  const times: number[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    contenders.forEach((work, index) => {
      const total = timeOf(() => {
        for (let call = 0; call < callsPerRound; call += 1) work();
      });
      times[index]?.push(total / callsPerRound);
    });
  }
  return times;
}
