import { Random } from "../schedule/random.ts";
import type { Errno } from "../system/errno.ts";
import {
  type Actor,
  type Fault,
  isOurs,
  type Member,
  type Operation,
  type OperationName,
  type Scenario,
} from "./scenario.ts";

const PEERS: readonly Member[] = ["node", "python", "portalocker", "dotnet", "java", "go"];
const OPERATIONS: readonly OperationName[] = [
  "add",
  "add",
  "add",
  "renew",
  "renew",
  "remove",
  "update",
  "load",
  "section",
];
const ERRNOS: readonly Errno[] = ["ENOSPC", "EIO", "EACCES"];

/**
 * A scenario from a seed. Each leaves most of the possible troubles out, so that those it has come out clearly (what is
 * called swarm testing): a run in which everything goes wrong at once gets nowhere near the interesting places.
 */
export function generate(seed: number): Scenario {
  const random = new Random(seed ^ 0x5eed);
  const members = pickMembers(random);
  const powerCutMs = random.chance(0.1) ? random.below(400) : undefined;
  const planned = members.map((member, index) => planActor(random, member, index, powerCutMs));
  const numbered = withOwnNumbers(planned, powerCutMs ?? 0);
  const actors = random.chance(0.15) ? inContainers(random, numbered) : numbered;
  const scenario = {
    seed,
    granularityMs: random.pick([0, 0, 0, 4, 10, 1000, 2000]),
    fileClockMs: random.pick([0, 0, -4, 900, -900]),
    latencyMs: random.pick([0.05, 0.2, 0.2, 1, 5]),
    actors,
    faults: planFaults(random, actors.length),
    clockJumps: planJumps(random),
    ...(powerCutMs === undefined ? {} : { powerCutMs }),
    ...planReplacing(seed, actors),
  };
  return onMachines(scenario);
}

/** Drawn apart, so that everything else is what it was. Members of the family do not know of it, and replace nothing. */
function planReplacing(seed: number, actors: readonly Actor[]): { replaceMs?: number } {
  const random = new Random(seed ^ 0x57e9);
  if (!random.chance(0.3) || !actors.every(({ member }) => isOurs(member))) return {};
  return { replaceMs: random.pick([1, 5, 60]) };
}

/** Drawn apart as well. Members of the family know no lock that would reach another machine. */
function onMachines(scenario: Scenario): Scenario {
  const random = new Random(scenario.seed ^ 0x3ac1);
  if (!random.chance(0.15) || !scenario.actors.every(({ member }) => isOurs(member))) return scenario;
  const placed = scenario.actors.map((actor) => ({ ...actor, container: random.below(2) }));
  const actors = random.chance(0.5) ? withNumbersOfMachines(placed) : placed;
  return { ...scenario, machines: random.pick(["served", "lent"]), actors };
}

/** Each machine counts by itself, so a number may be there twice. */
function withNumbersOfMachines(actors: readonly (Actor & { readonly container: number })[]): Actor[] {
  const next = [1000, 1000];
  return actors.map((actor) => ({ ...actor, pid: next[actor.container]!++ }));
}

/** Mostly one kind of ours, at times both, at times with members of the family. */
function pickMembers(random: Random): Member[] {
  const ours: Member[] = random.pick<Member[]>([["kernel"], ["kernel"], ["lease"], ["kernel", "lease"]]);
  const members: Member[] = Array.from({ length: 2 + random.below(3) }, () => random.pick(ours));
  const peers = random.chance(0.45) ? 1 + random.below(2) : 0;
  for (let index = 0; index < peers; index++) members.push(random.pick(PEERS));
  return members;
}

function planActor(random: Random, member: Member, index: number, powerCutMs: number | undefined): Actor {
  const isAfterCut = powerCutMs !== undefined && random.chance(0.5);
  const startMs = isAfterCut ? powerCutMs + 1 + random.below(100) : random.below(20);
  return {
    member,
    pid: isAfterCut && random.chance(0.3) ? 1000 : 1000 + index,
    startMs,
    skewMs: random.chance(0.2) ? random.below(2000) - 1000 : 0,
    operations: Array.from({ length: 1 + random.below(3) }, () => planOperation(random)),
  };
}

/** A number may come again after the power was cut, but no two processes have the same one at once. */
function withOwnNumbers(actors: Actor[], powerCutMs: number): Actor[] {
  const isAfterCut = ({ startMs }: Actor) => startMs >= powerCutMs;
  return actors.map((actor, index) => {
    const others = actors.slice(0, index);
    const isTaken = others.some((other) => other.pid === actor.pid && isAfterCut(other) === isAfterCut(actor));
    return isTaken ? { ...actor, pid: 1000 + index } : actor;
  });
}

/**
 * Whoever proves by its process alone that it lives cannot be seen from another container, so only
 * one kind of ours may be there.
 */
function inContainers(random: Random, actors: Actor[]): Actor[] {
  if (new Set(actors.map(({ member }) => member)).size > 1 || !isOurs(actors[0]!.member)) return actors;
  return actors.map((actor) => ({ ...actor, container: random.below(2) }));
}

function planOperation(random: Random): Operation {
  const name = random.chance(0.02) ? "clear" : random.pick(OPERATIONS);
  return {
    name,
    pauseMs: random.below(random.pick([3, 30, 300])),
    holdMs: random.below(random.pick([1, 10, 100, 3000])),
  };
}

function planFaults(random: Random, actors: number): Fault[] {
  if (random.chance(0.3)) return [];
  const kinds = (["crash", "crash", "fail", "stop", "slow"] as const).filter(() => random.chance(0.5));
  if (kinds.length === 0) return [];
  return Array.from({ length: 1 + random.below(4) }, () => planFault(random, actors, random.pick(kinds)));
}

function planFault(random: Random, actors: number, kind: "crash" | "fail" | "stop" | "slow"): Fault {
  const at = { actor: random.below(actors), call: 1 + random.below(random.pick([12, 40, 120])) };
  switch (kind) {
    case "crash":
      return { ...at, kind: random.pick(["crashBefore", "crashAfter"]) };
    case "fail":
      return { ...at, kind, code: random.pick(ERRNOS) };
    case "stop":
      return { ...at, kind: random.pick(["stopBefore", "stopAfter"]), ms: random.pick([20, 3000, 12_000, 60_000]) };
    case "slow":
      return { ...at, kind, ms: random.pick([5, 50, 1500, 9000, 35_000]) };
  }
}

function planJumps(random: Random) {
  if (!random.chance(0.1)) return [];
  const byMs = random.pick([-3_600_000, -5000, 5000, 40_000, 3_600_000]);
  return [{ atMs: random.below(200), byMs }];
}
