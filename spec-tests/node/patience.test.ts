import { describe, expect, it } from "vitest";
import { Patience } from "../../hosts/shared/patience.ts";

const always = () => 0;
const never = () => 0.999;

/** One acquisition that begins at 0, with a pause at each of these times after another holder was seen. */
function acquire(patience: Patience, { holders, ms }: { holders: number; ms: number }): void {
  for (let holder = 1; holder <= holders; holder += 1) {
    patience.sees(BigInt(holder));
    patience.watches(0, never);
  }
  patience.end(ms);
}

/** Which has waited so long, for so many holders, a few times. */
function experienced(wait: { holders: number; ms: number }): Patience {
  const patience = new Patience();
  for (let times = 0; times < 10; times += 1) acquire(patience, wait);
  return patience;
}

describe("who waits for a lock", () => {
  it("watches while one holder keeps it, however long", () => {
    const patience = new Patience();
    for (let at = 0; at < 10_000; at += 50) {
      patience.sees(1n);
      expect(patience.watches(at, never)).toBe(true);
    }
    patience.end(10_000);
    expect(patience.watches(0, never)).toBe(true);
  });

  it("watches all the time beside a few", () => {
    const patience = experienced({ holders: 2, ms: 500 });
    expect(patience.watches(0, never)).toBe(true);
  });

  it("watches less and less the more holders it has seen", () => {
    const patience = new Patience();
    const chances = Array.from({ length: 16 }, (_, holder) => {
      patience.sees(BigInt(holder));
      return [patience.watches(0, () => 0.3), patience.watches(0, () => 0.6)];
    });
    expect(chances.slice(0, 4)).toEqual(Array(4).fill([true, true]));
    expect(chances[9]).toEqual([true, false]); // 4 of 10
    expect(chances[15]).toEqual([false, false]); // 4 of 16
  });

  it("watches in a crowd when its turn has nearly come", () => {
    const patience = experienced({ holders: 60, ms: 1000 });
    expect(patience.watches(0, always)).toBe(false);
    expect(patience.watches(890, always)).toBe(false);
    expect(patience.watches(910, never)).toBe(true);
  });

  it("watches the last 20 ms of a short wait", () => {
    const patience = experienced({ holders: 7, ms: 40 });
    expect(patience.watches(0, always)).toBe(false);
    expect(patience.watches(15, always)).toBe(false);
    expect(patience.watches(25, never)).toBe(true);
  });

  it("forgets the crowd once it has gone", () => {
    const patience = experienced({ holders: 60, ms: 1000 });
    for (let times = 0; times < 5; times += 1) acquire(patience, { holders: 1, ms: 5 });
    expect(patience.watches(0, never)).toBe(true);
  });

  it("begins anew after it has given up", () => {
    const patience = experienced({ holders: 60, ms: 1000 });
    patience.watches(0, never);
    patience.giveUp();
    expect(patience.watches(5000, always)).toBe(false);
    expect(patience.watches(5950, never)).toBe(true);
  });
});
