import { createRequire } from "node:module";
import { coreModule } from "../../hosts/node/wasm-module.ts";
import { type Mutation, OurActor } from "./actors/ours.ts";
import { runPeer } from "./actors/peer-work.ts";
import type { LimitCounts } from "./invariants/limits.ts";
import { Observer } from "./invariants/observer.ts";
import { Violation } from "./invariants/violation.ts";
import { type Actor, isOurs, type Member, type Scenario } from "./scenario/scenario.ts";
import { Machine } from "./schedule/machine.ts";
import { SimulatedProcess } from "./schedule/simulated-process.ts";
import { installVirtualGlobals } from "./schedule/virtual-globals.ts";

export interface Outcome {
  readonly violation: { readonly invariant: string; readonly message: string } | undefined;
  readonly events: number;
  readonly limits: LimitCounts;
  readonly trace: readonly string[];
}

export interface SimulateOptions {
  readonly isTraced?: boolean;
  readonly mutate?: Mutation | undefined;
}

/** After this long nobody's remains may be in a newcomer's way: a dead holder is given up after 30 s at the latest. */
const RECOVERY_MS = 31_000;
const NEWCOMER_PID = 9999;

const leases = createRequire(import.meta.url)("proper-lockfile/lib/lockfile.js") as unknown as {
  getLocks(): Record<string, unknown>;
};

/** Runs a scenario to its end, or to the first violation. The same scenario has the same outcome. */
export async function simulate(scenario: Scenario, options: SimulateOptions = {}): Promise<Outcome> {
  await import("proper-lockfile"); // so that the host's own import takes no turn of the real event loop
  const machine = new Machine(scenario, options.isTraced ?? false);
  const observer = new Observer(machine);
  const restore = installVirtualGlobals(machine, (memory) => observer.memories.push(memory));
  try {
    plan(machine, scenario, observer, options.mutate);
    await runToEnd(machine, observer);
    const newcomer = scenario.actors.some(({ member }) => member === "kernel") ? "kernel" : "lease";
    launchNewcomer(machine, scenario, newcomer, observer, options.mutate);
    await runToEnd(machine, observer);
    observer.checkLeftovers(newcomer);
  } catch (error) {
    observer.fail(error);
  } finally {
    restore();
    for (const path of Object.keys(leases.getLocks())) delete leases.getLocks()[path];
  }
  const { violation } = observer;
  return {
    violation: violation === undefined ? undefined : describe(violation),
    events: machine.step,
    limits: observer.limits,
    trace: machine.trace ?? [],
  };
}

const MODULE = await coreModule();

function describe(error: unknown) {
  if (error instanceof Violation) return { invariant: error.invariant, message: error.message };
  return { invariant: "error", message: String((error as Error)?.stack ?? error) };
}

/**
 * A tick scheduled while promises are followed runs when none of them has anything left to do: Node.js looks at its
 * ticks only once V8's queue is empty. A turn of the event loop would do the same and costs a system call.
 */
const settled = () => new Promise<void>((resolve) => process.nextTick(resolve));

class Stopped extends Error {}

async function runToEnd(machine: Machine, observer: Observer): Promise<void> {
  try {
    await machine.run(settled, () => {
      observer.check();
      if (observer.violation !== undefined) throw new Stopped();
    });
    observer.checkEnd();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
}

function plan(machine: Machine, scenario: Scenario, observer: Observer, mutate: Mutation | undefined): void {
  for (const [index, actor] of scenario.actors.entries()) {
    machine.after(actor.startMs, () => launch(machine, scenario, index, actor, observer, mutate));
  }
  for (const { atMs, byMs } of scenario.clockJumps) machine.after(atMs, () => machine.jumpClock(byMs));
  const { powerCutMs } = scenario;
  if (powerCutMs !== undefined) machine.after(powerCutMs, () => cutPower(machine, observer));
}

function launch(
  machine: Machine,
  scenario: Scenario,
  index: number,
  actor: Actor,
  observer: Observer,
  mutate: Mutation | undefined,
): void {
  const ours = isOurs(actor.member);
  const process = new SimulatedProcess(machine, scenario, index, actor, ours);
  machine.note(`${process.label} starts (process ${actor.pid})`);
  if (!ours) {
    runPeer(process, observer);
    return;
  }
  machine.enter(process, () => {
    new OurActor(process, { module: MODULE, observer, mutate }).run().catch((error) => observer.fail(error));
  });
}

function cutPower(machine: Machine, observer: Observer): void {
  machine.note("the power is cut");
  for (const process of machine.processes) process.kill();
  machine.files.cutPower(machine.random);
  observer.onPowerCut();
}

/** Whatever has happened: one more process must get the lock, commit and leave nothing behind. */
function launchNewcomer(
  machine: Machine,
  scenario: Scenario,
  member: Member,
  observer: Observer,
  mutate: Mutation | undefined,
): void {
  if (observer.violation !== undefined) return;
  const actor: Actor = {
    member,
    pid: NEWCOMER_PID,
    startMs: 0,
    skewMs: 0,
    operations: [{ name: "add", pauseMs: RECOVERY_MS, holdMs: 0 }],
  };
  observer.mustSucceed();
  launch(machine, { ...scenario, faults: [] }, scenario.actors.length, actor, observer, mutate);
}
