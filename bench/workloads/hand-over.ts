import { setTimeout } from "node:timers/promises";
import { Contender, type Given } from "../harness/contender.ts";
import { column, inTurn, quotient } from "../harness/rounds.ts";
import type { Context, Outcome, Workload } from "../harness/workload.ts";

/**
 * How long the holder keeps the lock: longer than a peer's step, and never the same, so
 * that its steps are met anywhere.
 */
const HELD_MS = 120;
const HELD_MORE_MS = 250;

type Pair = [holder: Contender, waiter: Contender];

/** From before the one lets go to when the other has it. */
async function handOver(pair: Pair): Promise<readonly number[]> {
  const [holder, waiter] = pair;
  await holder.ask({ do: "lock" });
  const entered = waiter.ask({ do: "lock" });
  await setTimeout(HELD_MS + Math.random() * HELD_MORE_MS); // The waiting itself is what is measured.
  const left = await holder.ask({ do: "unlock" });
  const { at } = await entered;
  await waiter.ask({ do: "unlock" });
  pair.reverse();
  return [at! - left.at!];
}

async function run({ quick, peers, freshCache, progress }: Context): Promise<Outcome> {
  const starters = new Map<string, (given: Given) => Promise<Contender>>([
    ["this", (given) => Contender.ours(given)],
    ["this, with a lease", (given) => Contender.ours({ ...given, kind: "P" })],
    ["this, Deno", (given) => Contender.ours(given, "deno")],
    ["this, Bun", (given) => Contender.ours(given, "bun")],
    ...peers.starters(),
  ]);
  const pairs = new Map<string, Pair>();
  for (const [name, start] of starters) {
    const cache = freshCache();
    pairs.set(name, [await start({ cache }), await start({ cache })]);
  }
  const rounds = quick ? 1 : 25;
  try {
    const spreads = await inTurn(pairs, rounds, (pair, round) => {
      progress(`round ${round + 1} of ${rounds}`);
      return handOver(pair);
    });
    return {
      measured: column("release to entry", spreads),
      ratios: [
        {
          id: "hand-over",
          what: "as a share of the Node peer's, which is half a step of 100 ms: 5 ms are a tenth",
          value: quotient(spreads.get("this"), spreads.get("Node peer")),
          goal: { atMost: 0.1 },
        },
      ],
    };
  } finally {
    await Promise.all([...pairs.values()].flat().map((contender) => contender.end()));
  }
}

export const handOverTime: Workload = {
  name: "hand-over",
  title: "From one process's release to another's entry",
  run,
};
