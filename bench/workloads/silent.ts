import { startAuthority } from "../../spec-tests/authority/server.ts";
import { Contender } from "../harness/contender.ts";
import type { Context, Measured, Outcome, Workload } from "../harness/workload.ts";
import { spreadOf } from "../statistics.ts";

/** One process, so many `acquireTokenSilent` at once, each with a request to an authority on the loopback interface. */
async function run({ quick, peers, freshCache, progress }: Context): Promise<Outcome> {
  const [calls, rounds] = quick ? [5, 1] : [500, 3];
  const starters = new Map([["this", (cache: string) => Contender.ours({ cache })]]);
  if (peers.has("node")) starters.set("Node peer", (cache) => Contender.nodePeer({ cache }));
  const measured: Measured[] = [];
  const authority = await startAuthority();
  const found = new Map<string, { failed: number; writes: number }>();
  try {
    for (const [row, start] of starters) {
      const [times, failed, writes]: [number[], number[], number[]] = [[], [], []];
      for (let round = 1; round <= rounds; round += 1) {
        progress(`${row}, round ${round} of ${rounds}`);
        const contender = await start(freshCache());
        const answer = await contender.ask({ do: "silent", count: calls, authorityUrl: authority.url });
        times.push(answer.times?.[0] ?? Number.NaN);
        failed.push(calls - (answer.succeeded ?? 0));
        writes.push(answer.writes ?? Number.NaN);
        await contender.end();
      }
      found.set(row, { failed: Math.max(...failed), writes: spreadOf(writes).median });
      measured.push(
        { row, column: `failed, of ${calls}`, unit: "", value: Math.max(...failed) },
        { row, column: "all of them", unit: "ms", value: spreadOf(times) },
      );
      if (row === "this") measured.push({ row, column: "writes", unit: "", value: spreadOf(writes) });
    }
  } finally {
    await authority.close();
  }
  const ours = found.get("this");
  return {
    measured,
    ratios: [
      { id: "silent failed", what: "calls that failed", value: ours?.failed ?? Number.NaN, goal: { atMost: 0 } },
      { id: "silent writes", what: "writes to the file", value: ours?.writes ?? Number.NaN, goal: { atMost: 20 } },
    ],
  };
}

export const silent: Workload = { name: "silent", title: "500 acquireTokenSilent at once, one process", run };
