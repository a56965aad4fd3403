import { Contender, type Given } from "../harness/contender.ts";
import { type Crowd, crowd } from "../harness/crowd.ts";
import { writersOfFamily } from "../harness/family-writers.ts";
import { quotient } from "../harness/rounds.ts";
import type { Context, Measured, Outcome, Ratio, Workload } from "../harness/workload.ts";
import { percentile, type Spread, spreadOf } from "../statistics.ts";

interface Size {
  readonly processes: number;
  readonly tokens: number;
  readonly before?: number;
}

type Run = (cache: string) => Promise<Crowd>;

/** What became of all runs of one contender. */
class Record {
  readonly #runs: Crowd[] = [];

  add(run: Crowd): void {
    this.#runs.push(run);
  }

  get lost(): number {
    return this.#runs.reduce((sum, { lost, missing }) => sum + lost + missing, 0);
  }

  get total(): Spread {
    return spreadOf(this.#runs.map(({ total }) => total));
  }

  /** Of one commit: of the runs' percentiles the median. */
  commit(share: number): Spread {
    return spreadOf(this.#runs.map(({ times }) => percentile(times, share)));
  }

  laterCommit(share: number): Spread {
    return spreadOf(this.#runs.map(({ later }) => percentile(later, share)));
  }

  get processor(): Spread {
    return spreadOf(this.#runs.map(({ processor, times }) => processor / times.length));
  }

  /** How long the slowest process takes, as a multiple of the median one. */
  get unfairness(): Spread {
    return spreadOf(this.#runs.map(({ ends }) => Math.max(...ends) / percentile(ends, 0.5)));
  }

  cells(row: string, tokens: number): Measured[] {
    const cells: Measured[] = [
      { row, column: `lost, of ${tokens * this.#runs.length}`, unit: "", value: this.lost },
      { row, column: "total", unit: "ms", value: this.total },
    ];
    if (this.#runs[0]?.times.length === 0) return cells; // Go and Java: their commits are not timed
    return [
      ...cells,
      { row, column: "one commit, median", unit: "ms", value: this.commit(0.5) },
      { row, column: "one commit, p99", unit: "ms", value: this.commit(0.99) },
      { row, column: "p99 but for the first of each", unit: "ms", value: this.laterCommit(0.99) },
      { row, column: "of a processor, a commit", unit: "ms", value: this.processor },
      { row, column: "slowest process / median", unit: "×", value: this.unfairness },
    ];
  }
}

function contenders({ peers }: Context, size: Size): Map<string, Run> {
  const of =
    (start: (given: Given) => Promise<Contender>): Run =>
    (cache) =>
      crowd(start, { cache, ...size });
  const runs = new Map<string, Run>([["this", of((given) => Contender.ours(given))]]);
  for (const [name, start] of peers.starters()) runs.set(name, of(start));
  return runs;
}

/**
 * Nobody waits, and nobody merges: what msal-node and the disk take, with as many tokens in each file as there are in
 * the one file of the others when half of them have been written.
 */
function least({ processes, tokens }: Size): Run {
  const apartWith = Math.floor(((processes - 1) * tokens) / 2);
  return (cache) => crowd((given) => Contender.bare(given), { cache, processes, tokens, apartWith });
}

function leastInTurn(size: Size): Run {
  return (cache) => crowd((given) => Contender.bare(given, "bare, in turn"), { cache, ...size });
}

async function measure(context: Context, runs: ReadonlyMap<string, Run>, rounds: number): Promise<Map<string, Record>> {
  const records = new Map([...runs.keys()].map((name) => [name, new Record()]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, run] of runs) {
      context.progress(`${name}, round ${round} of ${rounds}`);
      records.get(name)?.add(await run(context.freshCache()));
    }
  }
  return records;
}

function cellsOf(records: ReadonlyMap<string, Record>, { processes, tokens }: Size): Measured[] {
  return [...records].flatMap(([row, record]) => record.cells(row, processes * tokens));
}

const IN_TURN = "the least, in turn";
const LEAST = "the least that loses nothing (in turn)";
const P99 = { what: "p99 of one commit, as a share of the Node peer's", goal: { atMost: 0.1 } };

async function runEight(context: Context): Promise<Outcome> {
  const size = context.quick ? { processes: 2, tokens: 2 } : { processes: 8, tokens: 25 };
  const runs = contenders(context, size);
  runs.set("the least, a file each", least(size));
  runs.set(IN_TURN, leastInTurn(size));
  for (const [name, row] of [
    ["go", "Go peer"],
    ["java", "Java peer"],
  ] as const) {
    if (context.peers.has(name)) runs.set(row, (cache) => writersOfFamily(context.peers, name, { cache, ...size }));
  }
  const records = await measure(context, runs, context.quick ? 1 : 3);
  const [ours, peer, inTurn] = [records.get("this"), records.get("Node peer"), records.get(IN_TURN)];
  const ratios: Ratio[] = [
    { id: "crowd lost", what: "tokens lost", value: ours?.lost ?? Number.NaN, goal: { atMost: 0 } },
    {
      id: "crowd total",
      what: "time of all, as a share of the Node peer's",
      value: quotient(ours?.total, peer?.total),
      goal: { atMost: 1 / 3 },
      least: { what: LEAST, value: quotient(inTurn?.total, peer?.total) },
    },
    {
      ...P99,
      id: "crowd p99",
      value: quotient(ours?.commit(0.99), peer?.commit(0.99)),
      least: { what: LEAST, value: quotient(inTurn?.commit(0.99), peer?.commit(0.99)) },
    },
  ];
  return { measured: cellsOf(records, size), ratios };
}

/** As editors and agents are that have been at work for a while: compiled, and with much in the file. */
async function runWarm(context: Context): Promise<Outcome> {
  const size = context.quick ? { processes: 2, tokens: 1, before: 1 } : { processes: 8, tokens: 50, before: 50 };
  const runs = contenders(context, size);
  // Compiles nothing, so it is as it was.
  for (const name of runs.keys()) if (name.startsWith("Python")) runs.delete(name);
  runs.set(IN_TURN, leastInTurn(size));
  const records = await measure(context, runs, context.quick ? 1 : 3);
  const value = quotient(records.get("this")?.commit(0.99), records.get("Node peer")?.commit(0.99));
  return { measured: cellsOf(records, size), ratios: [{ ...P99, id: "crowd warm p99", value }] };
}

async function runMany(context: Context): Promise<Outcome> {
  const size = context.quick ? { processes: 3, tokens: 1 } : { processes: 64, tokens: 5 };
  const runs = contenders(context, size);
  runs.delete("Python peer without portalocker"); // one Python is enough here
  const records = await measure(context, runs, 1);
  const ours = records.get("this");
  return {
    measured: cellsOf(records, size),
    ratios: [
      { id: "many lost", what: "tokens lost", value: ours?.lost ?? Number.NaN, goal: { atMost: 0 } },
      {
        id: "many fairness",
        what: "time of the slowest process, as a multiple of the median one's",
        value: ours?.unfairness.median ?? Number.NaN,
        goal: { atMost: 5 },
      },
    ],
  };
}

export const eight: Workload = { name: "crowd", title: "8 processes × 25 tokens, one file", run: runEight };
export const warm: Workload = {
  name: "crowd warm",
  title: "8 processes × 50 tokens renewed, one file with all 400, after 50 commits of each",
  run: runWarm,
};
export const many: Workload = { name: "many", title: "64 processes × 5 tokens, one file", run: runMany };
