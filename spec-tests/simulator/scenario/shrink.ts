import { type Outcome, type SimulateOptions, simulate } from "../simulate.ts";
import type { Scenario } from "./scenario.ts";

/** Runs at most this many scenarios. */
const MAX_RUNS = 2000;

/**
 * A smaller scenario that violates the same invariant: leaves out one thing after the other, as long as it still does.
 */
export async function shrink(failing: Scenario, options: SimulateOptions): Promise<Scenario> {
  const invariant = (await simulate(failing, options)).violation?.invariant;
  const isSame = ({ violation }: Outcome) => violation?.invariant === invariant;
  let smallest = failing;
  let runs = 0;
  for (let hasShrunk = true; hasShrunk; ) {
    hasShrunk = false;
    for (const smaller of smallerThan(smallest)) {
      if (++runs > MAX_RUNS) return smallest;
      if (!isSame(await simulate(smaller, options))) continue;
      smallest = smaller;
      hasShrunk = true;
      break;
    }
  }
  return smallest;
}

function* smallerThan(scenario: Scenario): Generator<Scenario> {
  const { actors, faults, clockJumps, powerCutMs, ...rest } = scenario;
  for (const [index, { operations }] of actors.entries()) {
    if (operations.length > 0 || index === actors.length - 1) yield withoutActor(scenario, index);
  }
  for (const index of faults.keys()) yield { ...scenario, faults: without(faults, index) };
  for (const index of clockJumps.keys()) yield { ...scenario, clockJumps: without(clockJumps, index) };
  if (powerCutMs !== undefined) yield { ...rest, actors, faults, clockJumps };
  for (const [index, actor] of actors.entries()) {
    for (const at of actor.operations.keys()) {
      yield withActor(scenario, index, { operations: without(actor.operations, at) });
    }
    if (actor.skewMs !== 0) yield withActor(scenario, index, { skewMs: 0 });
  }
  if (scenario.granularityMs !== 0) yield { ...scenario, granularityMs: 0 };
  if (scenario.replaceMs !== undefined) {
    const { replaceMs: _, ...inOneStep } = scenario;
    yield inOneStep;
  }
  if (scenario.machines !== undefined) {
    const { machines: _, ...onOne } = scenario;
    yield onOne;
  }
  if (scenario.fileClockMs !== 0) yield { ...scenario, fileClockMs: 0 };
}

/** Without its operations: the others keep their numbers, and with them their faults and latencies. */
function withoutActor(scenario: Scenario, index: number): Scenario {
  const { actors, faults } = scenario;
  if (index === actors.length - 1) {
    return { ...scenario, actors: actors.slice(0, -1), faults: faults.filter(({ actor }) => actor !== index) };
  }
  return withActor(scenario, index, { operations: [] });
}

function withActor(scenario: Scenario, index: number, change: Partial<Scenario["actors"][number]>): Scenario {
  return { ...scenario, actors: scenario.actors.map((actor, at) => (at === index ? { ...actor, ...change } : actor)) };
}

function without<T>(items: readonly T[], index: number): T[] {
  return items.filter((_, at) => at !== index);
}
