import { TOKENS } from "../contenders/orders.ts";
import { Contender } from "../harness/contender.ts";
import { column, flushDisk, inTurn, quotient } from "../harness/rounds.ts";
import type { Context, Outcome, Workload } from "../harness/workload.ts";

/** The first commits of a process run code that its engine has not compiled yet. */
const FIRST = 100;
const WARM = 1000;

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
  const [fill, first, warm] = context.quick ? [1, 1, 1] : [TOKENS, FIRST, WARM];
  const [rounds, count] = context.quick ? [1, 1] : [12, 40];
  const commits = (howMany: number) => ({ do: "commit", from: 0, count: howMany }) as const;
  try {
    for (const contender of contenders.values()) await contender.ask(commits(fill));
    const cold = await inTurn(contenders, 1, (contender) => {
      context.progress(`the first ${FIRST}`);
      flushDisk();
      return contender.times(commits(first));
    });
    for (const contender of contenders.values()) await contender.ask(commits(warm));
    const times = await inTurn(contenders, rounds, (contender, round) => {
      context.progress(`round ${round + 1} of ${rounds}`);
      flushDisk();
      return contender.times(commits(count));
    });
    const nodePeer = times.get("Node peer");
    return {
      measured: [...column(`one of the first ${FIRST}`, cold), ...column("one, warm", times)],
      ratios: [
        {
          id: "commit",
          what: "one token, end to end, warm, synced: times as fast as the Node peer, which does not sync",
          value: quotient(nodePeer, times.get("this")),
          goal: { atLeast: 1 },
        },
        {
          id: "commit not synced",
          what: "the same, not synced",
          value: quotient(nodePeer, times.get("this, not synced")),
          goal: { atLeast: 1.5 },
        },
      ],
    };
  } finally {
    await Promise.all([...contenders.values()].map((contender) => contender.end()));
  }
}

export const commit: Workload = { name: "commit", title: `One token committed, ${TOKENS} in the file`, run };
