import { stat } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { TOKENS } from "../contenders/orders.ts";
import { Contender } from "../harness/contender.ts";
import { column, inTurn, quotient } from "../harness/rounds.ts";
import type { Context, Outcome, Ratio, Workload } from "../harness/workload.ts";
import { type Spread, timesOf } from "../statistics.ts";

const MANY = 50;
/** The first looks of a process run code that its engine has not compiled yet. */
const FIRST = 1000;
const WARM = 10_000;
/** A version is believed when its time is past by more than this: until then a load reads the file again. */
const SETTLED_MS = 60;
const look = promisify(stat);

function ratio(id: string, what: string, spreads: ReadonlyMap<string, Spread>): Ratio {
  return { id, what, value: quotient(spreads.get("Node peer"), spreads.get("this")), goal: { atLeast: 5 } };
}

async function run({ quick, peers, freshCache, progress }: Context): Promise<Outcome> {
  const cache = freshCache();
  const contenders = new Map<string, Contender>([["this", await Contender.ours({ cache })]]);
  if (peers.has("node")) contenders.set("Node peer", await Contender.nodePeer({ cache: freshCache() }));
  const [rounds, count, commits, firsts, warm] = quick ? [1, 1, 1, 1, 1] : [30, 40, TOKENS, FIRST, WARM];
  const time = (callers: number) =>
    inTurn(contenders, rounds, (contender, round) => {
      progress(`${callers} at once, round ${round + 1} of ${rounds}`);
      return contender.times({ do: "load", count, callers });
    });
  try {
    for (const contender of contenders.values()) {
      await contender.ask({ do: "commit", from: 0, count: commits });
      await setTimeout(SETTLED_MS);
      await contender.ask({ do: "load", count: 3, callers: 1 }); // the peer reads what it has written itself
    }
    const first = await inTurn(contenders, 1, (contender) =>
      contender.times({ do: "load", count: firsts, callers: 1 }),
    );
    for (const contender of contenders.values()) await contender.ask({ do: "load", count: warm, callers: 1 });
    const one = await time(1);
    const many = await time(MANY);
    const bare = await inTurn(new Map([["a bare stat", cache]]), rounds, (path) => timesOf(count, () => look(path)));
    return {
      measured: [
        ...column(`one of the first ${FIRST.toLocaleString("en")}`, first),
        ...column("one, warm", new Map([...one, ...bare])),
        ...column(`${MANY} at once`, many),
      ],
      ratios: [
        ratio("load", "a look at an unchanged cache, warm: times as fast as the Node peer", one),
        ratio("load many", `${MANY} at once`, many),
      ],
    };
  } finally {
    await Promise.all([...contenders.values()].map((contender) => contender.end()));
  }
}

export const load: Workload = { name: "load", title: "A look at a cache that has not changed", run };
