import { Contender, type Given } from "../harness/contender.ts";
import { column, flushDisk } from "../harness/rounds.ts";
import type { Context, Outcome, Workload } from "../harness/workload.ts";
import { type Spread, spreadOf } from "../statistics.ts";

type Start = (given: Given) => Promise<Contender>;

/** Milliseconds of each round. */
interface Times {
  readonly first: number[];
  readonly processor: number[];
  readonly second: number[];
}

function starters({ peers }: Context): Map<string, Start> {
  return new Map<string, Start>([
    ["this", (given) => Contender.ours(given)],
    ["this, Deno", (given) => Contender.ours(given, "deno")],
    ["this, Bun", (given) => Contender.ours(given, "bun")],
    ["the least, synced", (given) => Contender.bare(given)],
    ...peers.starters(),
  ]);
}

/** In a process that has imported everything, and used nothing of it. */
async function commitTwice(start: Start, cache: string, { first, processor, second }: Times): Promise<void> {
  const contender = await start({ cache });
  try {
    flushDisk();
    const answer = await contender.ask({ do: "commit", from: 0, count: 1 });
    first.push(...(answer.times ?? []));
    processor.push(answer.processor ?? Number.NaN);
    second.push(...(await contender.times({ do: "commit", from: 1, count: 1 })));
  } finally {
    await contender.end();
  }
}

async function run(context: Context): Promise<Outcome> {
  const contenders = starters(context);
  const times = new Map<string, Times>();
  for (const name of contenders.keys()) times.set(name, { first: [], processor: [], second: [] });
  const rounds = context.quick ? 1 : 15;
  for (let round = 1; round <= rounds; round += 1) {
    context.progress(`round ${round} of ${rounds}`);
    for (const [name, start] of contenders) await commitTwice(start, context.freshCache(), times.get(name)!);
  }
  const spreads = (of: keyof Times) =>
    new Map<string, Spread>([...times].map(([name, all]) => [name, spreadOf(all[of])]));
  return {
    measured: [
      ...column("the first", spreads("first")),
      ...column("of a processor", spreads("processor")),
      ...column("the second", spreads("second")),
    ],
    ratios: [],
  };
}

export const firstCommit: Workload = { name: "first commit", title: "A fresh process commits its first token", run };
