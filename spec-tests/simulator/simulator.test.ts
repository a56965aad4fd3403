import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { runCampaign } from "./campaign.ts";
import { MUTATIONS, type MutationName } from "./mutations.ts";
import { generate } from "./scenario/generate.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { shrink } from "./scenario/shrink.ts";
import { simulate } from "./simulate.ts";

const [from, to] = (process.env.SIMULATOR_SEEDS ?? "1..20000").split("..").map(Number) as [number, number];
const corpus = new URL("corpus/", import.meta.url);

test("no schedule violates an invariant", { timeout: 600_000 }, async () => {
  const report = await runCampaign({ from, count: to - from + 1 });
  console.log(`${report.schedules} schedules, ${report.events} events; limits met: ${JSON.stringify(report.limits)}`);
  expect(report.failures).toEqual([]);
  expect(report.schedules).toBe(to - from + 1);
});

describe("what once failed", () => {
  test.each(readdirSync(corpus))("%s", async (name) => {
    const { scenario } = JSON.parse(readFileSync(new URL(name, corpus), "utf8")) as { scenario: Scenario };
    expect((await simulate(scenario)).violation).toBeUndefined();
  });
});

describe("a broken rule is noticed", () => {
  /** By what, within so many schedules. */
  const NOTICED: Readonly<Record<MutationName, readonly [invariant: string, schedules: number]>> = {
    noInodeComparison: ["lock", 1000],
    noCheck: ["lock", 1000],
    unlinkFirst: ["foreign lock", 1000],
    noLease: ["foreign lease", 1000],
    liveIsDead: ["foreign lock", 1000],
    blindToPeers: ["lost", 4000],
    blindToHolders: ["absent", 4000],
  };

  test.each(Object.keys(MUTATIONS) as MutationName[])("%s", async (mutation) => {
    const [until, count] = NOTICED[mutation];
    const report = await runCampaign({ from: 1, count, mutation, until });
    expect(report.failures.map(({ violation }) => violation.invariant)).toContain(until);
  });
});

describe("a failing seed", () => {
  const mutate = MUTATIONS.unlinkFirst;
  let seed = 0;

  async function findFailing(): Promise<Scenario> {
    while ((await simulate(generate(++seed), { mutate })).violation === undefined);
    return generate(seed);
  }

  afterEach(() => {
    seed = 0;
  });

  test("replays exactly", async () => {
    const scenario = await findFailing();
    const first = await simulate(scenario, { mutate, isTraced: true });
    const second = await simulate(scenario, { mutate, isTraced: true });
    expect(first.violation).toBeDefined();
    expect(second).toEqual(first);
  });

  test("shrinks to a smaller one that fails in the same way", async () => {
    const scenario = await findFailing();
    const smallest = await shrink(scenario, { mutate });
    const { violation } = await simulate(smallest, { mutate });
    expect(violation?.invariant).toBe((await simulate(scenario, { mutate })).violation?.invariant);
    expect(sizeOf(smallest)).toBeLessThan(sizeOf(scenario));
    expect(await shrink(smallest, { mutate })).toEqual(smallest);
  });
});

function sizeOf({ actors, faults }: Scenario): number {
  return actors.flatMap(({ operations }) => operations).length + faults.length;
}
