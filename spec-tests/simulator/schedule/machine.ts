import type { Scenario } from "../scenario/scenario.ts";
import { SimulatedFileSystem } from "../system/file-system.ts";
import type { Inode } from "../system/inode.ts";
import { EventQueue } from "./event-queue.ts";
import { Random } from "./random.ts";
import type { SimulatedProcess } from "./simulated-process.ts";

const EPOCH_MS = 1_700_000_000_123;
/** A run that takes more events than this makes no progress. */
const MAX_EVENTS = 100_000;

interface Watcher {
  readonly process: SimulatedProcess;
  readonly inode: Inode;
  readonly notify: () => void;
}

/** The computer: its clock, its files, its processes, and what happens next. */
export class Machine {
  readonly random: Random;
  readonly files: SimulatedFileSystem;
  readonly processes: SimulatedProcess[] = [];
  /** Whose code is running just now. */
  current: SimulatedProcess | undefined;
  /** Milliseconds since the start. Never goes back. */
  now = 0;
  /** Counts events; tells what came before what. */
  step = 0;
  readonly trace: string[] | undefined;
  /** Milliseconds; 0: a file is replaced in one step. */
  readonly replaceMs: number;
  readonly machines: Scenario["machines"];
  readonly #queue = new EventQueue();
  readonly #watchers = new Set<Watcher>();
  #wallMs = EPOCH_MS;
  #ranPromises = false;

  constructor(scenario: Scenario, isTraced: boolean) {
    this.random = new Random(scenario.seed);
    this.machines = scenario.machines;
    this.files = new SimulatedFileSystem(
      () => this.wallNow() + scenario.fileClockMs,
      scenario.granularityMs,
      (process) => this.#kernelOf(process as SimulatedProcess),
    );
    this.replaceMs = scenario.replaceMs ?? 0;
    this.trace = isTraced ? [] : undefined;
  }

  wallNow(): number {
    return this.#wallMs + this.now;
  }

  jumpClock(byMs: number): void {
    this.note(`the clock jumps by ${byMs} ms`);
    this.#wallMs += byMs;
  }

  /** @returns what cancels it */
  after(ms: number, run: () => void): () => void {
    const event = this.#queue.add(this.now + Math.max(0, ms), run);
    return () => {
      event.run = undefined;
    };
  }

  /** Runs a process's own code: promises that it settles are followed to the end before the next event. */
  enter(process: SimulatedProcess, run: () => void): void {
    this.current = process;
    this.#ranPromises = process.usesPromises;
    run();
  }

  watch(process: SimulatedProcess, inode: Inode, notify: () => void): () => void {
    const watcher = { process, inode, notify };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Those on other machines do not learn what somebody has done. */
  notifyWatchers(inode: Inode, by: SimulatedProcess): void {
    for (const { process, inode: watched, notify } of this.#watchers) {
      if (watched === inode && this.#kernelOf(process) === this.#kernelOf(by)) notify();
    }
  }

  /** Whoever has the same has the same advisory locks and watchers. */
  #kernelOf({ actor }: SimulatedProcess): number | undefined {
    return this.machines === undefined ? undefined : actor.container;
  }

  note(text: string): void {
    this.trace?.push(`${this.now.toFixed(3).padStart(11)}  ${text}`);
  }

  /** Runs until nothing is left to happen. `settled` resolves when no promise has anything left to do. */
  async run(settled: () => Promise<void>, afterEach: () => void): Promise<void> {
    for (let event = this.#queue.next(); event !== undefined; event = this.#queue.next()) {
      const { run } = event;
      if (run === undefined) continue;
      if (++this.step > MAX_EVENTS) throw new Error(`No end after ${MAX_EVENTS} events.`);
      this.now = Math.max(this.now, event.at);
      event.run = undefined; // a cancelled timer must not keep a run's memory
      run();
      if (this.#ranPromises) await settled();
      this.#ranPromises = false;
      this.current = undefined;
      afterEach();
    }
  }
}
