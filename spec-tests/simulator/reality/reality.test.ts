import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { Child } from "../../processes/child.ts";
import { Random } from "../schedule/random.ts";
import { type FileCall, NAMES, type Outcome, OWNERS, type Owner, Planner } from "./operations.ts";
import { SimulatedSide } from "./simulated-side.ts";

// What the simulator proves holds only as far as its file system behaves as a real one does.

const SEQUENCES = process.env.SOAK === "1" ? 200 : 10;
const CALLS = 300;

interface OutcomeNews {
  readonly type: "outcome";
  readonly outcome: Outcome;
}

class RealProcess extends Child<OutcomeNews> {
  async perform(call: FileCall): Promise<Outcome> {
    this.order(call);
    return (await this.hear("outcome"))!.outcome;
  }
}

const line = (owner: Owner, call: FileCall, outcome: Outcome) =>
  `${owner} ${JSON.stringify(call)} ${JSON.stringify(outcome)}`;

/** Plays on both until they disagree, and keeps what was called, by whom, and what came of it. */
class Comparison {
  readonly simulated: string[] = [];
  readonly real: string[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), "msal-extensions-"));
  readonly #processes = { a: this.#start(), b: this.#start() };
  readonly #side = new SimulatedSide();

  #start(): RealProcess {
    return new RealProcess("spec-tests/simulator/reality/real-side.js", [this.#folder]);
  }

  get agrees(): boolean {
    return this.simulated.at(-1) === this.real.at(-1);
  }

  async perform(owner: Owner, call: FileCall): Promise<Outcome> {
    this.simulated.push(line(owner, call, this.#side.perform(owner, call)));
    const outcome = await this.#processes[owner].perform(call);
    this.real.push(line(owner, call, outcome));
    return outcome;
  }

  async kill(owner: Owner): Promise<void> {
    this.#side.kill(owner);
    await this.#processes[owner].kill();
  }

  async end(): Promise<void> {
    await Promise.all(OWNERS.map((owner) => this.#processes[owner].kill()));
    rmSync(this.#folder, { recursive: true });
  }
}

async function play(seed: number, both: Comparison): Promise<void> {
  const planner = new Planner(new Random(seed));
  for (let n = 0; n < CALLS && both.agrees; n++) {
    const { owner, call } = planner.next();
    planner.ended(owner, call, await both.perform(owner, call));
  }
  await both.kill("b");
  // What it had locked is free, and what the other has locked is not.
  for (const [n, name] of NAMES.entries()) {
    const handle = -1 - n;
    const opened = await both.perform("a", { call: "open", handle, name, how: "update" });
    if ("error" in opened) continue;
    for (const call of ["flock", "descriptionLock", "processLock"] as const) await both.perform("a", { call, handle });
  }
}

test.runIf(process.platform === "linux")(
  `the simulator's file system and the real one agree, ${SEQUENCES} sequences`,
  async () => {
    for (let seed = 1; seed <= SEQUENCES; seed++) {
      const both = new Comparison();
      try {
        await play(seed, both);
      } finally {
        await both.end();
      }
      expect(both.simulated.slice(-30)).toEqual(both.real.slice(-30));
    }
  },
);
