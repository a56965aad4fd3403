import { TOKENS } from "../contenders/orders.ts";
import { Contender } from "../harness/contender.ts";
import { flushDisk, inTurn, quotient } from "../harness/rounds.ts";
import type { Context, Outcome, Workload } from "../harness/workload.ts";

const COLUMN = "one token";

async function startAll({ peers, freshCache }: Context): Promise<Map<string, Contender>> {
  const contenders = new Map<string, Contender>();
  contenders.set("this", await Contender.ours({ cache: freshCache() }));
  contenders.set("this, not synced", await Contender.ours({ cache: freshCache(), sync: false }));
  contenders.set("this, with a lease", await Contender.ours({ cache: freshCache(), kind: "P" }));
  contenders.set("this, Deno", await Contender.ours({ cache: freshCache() }, "deno"));
  contenders.set("this, Bun", await Contender.ours({ cache: freshCache() }, "bun"));
  contenders.set("the least, synced", await Contender.bare({ cache: freshCache() }));
  contenders.set("the least, not synced", await Contender.bare({ cache: freshCache(), sync: false }));
  for (const [name, start] of peers.starters()) contenders.set(name, await start({ cache: freshCache() }));
  return contenders;
}

/** One process fetches a token anew, from msal-node's call to its return. Nothing is sent anywhere. */
async function run(context: Context): Promise<Outcome> {
  const contenders = await startAll(context);
  const [rounds, count, fill] = context.quick ? [1, 1, 1] : [24, 10, TOKENS + 30];
  try {
    for (const contender of contenders.values()) await contender.ask({ do: "commit", from: 0, count: fill });
    const spreads = await inTurn(contenders, rounds, (contender, round) => {
      context.progress(`round ${round + 1} of ${rounds}`);
      flushDisk();
      return contender.times({ do: "commit", from: round * count, count });
    });
    const nodePeer = spreads.get("Node peer");
    return {
      measured: [...spreads].map(([row, value]) => ({ row, column: COLUMN, unit: "ms", value })),
      ratios: [
        {
          id: "commit",
          what: "one token, end to end, synced: times as fast as the Node peer, which does not sync",
          value: quotient(nodePeer, spreads.get("this")),
          goal: { atLeast: 1 },
        },
        {
          id: "commit not synced",
          what: "the same, not synced",
          value: quotient(nodePeer, spreads.get("this, not synced")),
          goal: { atLeast: 1.5 },
        },
      ],
    };
  } finally {
    await Promise.all([...contenders.values()].map((contender) => contender.end()));
  }
}

export const commit: Workload = { name: "commit", title: `One token committed, ${TOKENS} in the file`, run };
