import type { Actor, Fault, Scenario } from "../scenario/scenario.ts";
import { type Errno, errno } from "../system/errno.ts";
import type { Machine } from "./machine.ts";
import { hash } from "./random.ts";

export type Done<T> = (error: unknown, value?: T) => void;

/** One process: makes system calls, has timers, can be stopped and killed. */
export class SimulatedProcess {
  readonly index: number;
  readonly actor: Actor;
  readonly machine: Machine;
  readonly usesPromises: boolean;
  isAlive = true;
  /** System calls made so far. */
  calls = 0;
  /** Milliseconds it was kept from running, or in calls. */
  delayedMs = 0;
  /** The last step at which a fault stopped it or slowed it down. */
  hamperedAt = -1;
  /** A call of it was made to fail. */
  wasRefused = false;
  #stoppedUntil = 0;
  readonly #faults = new Map<number, Fault[]>();
  readonly #seed: number;
  readonly #latencyMs: number;

  constructor(machine: Machine, scenario: Scenario, index: number, actor: Actor, usesPromises: boolean) {
    this.machine = machine;
    this.index = index;
    this.actor = actor;
    this.usesPromises = usesPromises;
    this.#seed = hash(scenario.seed, index);
    this.#latencyMs = scenario.latencyMs;
    for (const fault of scenario.faults) {
      if (fault.actor === index) this.#faults.set(fault.call, [...(this.#faults.get(fault.call) ?? []), fault]);
    }
    machine.processes.push(this);
  }

  get pid(): number {
    return this.actor.pid;
  }

  /** Is there a process of this number, as far as this one can know? Those of another container it cannot see. */
  canSee(pid: number): boolean {
    const { container } = this.actor;
    return this.machine.processes.some(
      (other) => other.isAlive && other.pid === pid && other.actor.container === container,
    );
  }

  /** What its clock shows, in milliseconds since the epoch. */
  now(): number {
    return Math.floor(this.machine.wallNow() + this.actor.skewMs);
  }

  /** A system call: takes effect at some later moment, and its outcome becomes known at another one after that. */
  call<T>(name: string, action: () => T, done: Done<T>): void {
    if (!this.isAlive) return;
    const call = ++this.calls;
    const faults = this.#faults.get(call) ?? [];
    const latency = this.#latency(call, 1) + this.#delays(faults, "slow");
    const stop = this.#delays(faults, "stopBefore");
    if (stop > 0) this.stop(stop);
    this.delayedMs += latency;
    this.#later(latency, () => this.#perform(call, name, faults, action, done));
  }

  /** Something a process does in one go with what it does before it; nobody can come between. */
  callAtOnce<T>(name: string, action: () => T): T {
    this.calls++;
    const value = action();
    this.#note(this.calls, name, String(value));
    return value;
  }

  timer(ms: number, callback: () => void): () => void {
    let cancelled = false;
    const cancel = this.machine.after(ms, () => {
      this.#whenRunning(() => {
        if (!cancelled) this.machine.enter(this, callback);
      });
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  stop(ms: number): void {
    this.machine.note(`${this.label} is stopped for ${ms} ms`);
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.machine.now + ms);
    this.delayedMs += ms;
    this.hamperedAt = this.machine.step;
  }

  kill(): void {
    if (!this.isAlive) return;
    this.machine.note(`${this.label} is gone`);
    this.isAlive = false;
    for (const file of this.machine.files.openedBy(this)) this.machine.files.close(file);
  }

  get label(): string {
    return `${this.actor.member}.${this.index}`;
  }

  #perform<T>(call: number, name: string, faults: readonly Fault[], action: () => T, done: Done<T>): void {
    const has = (kind: Fault["kind"]) => faults.some((fault) => fault.kind === kind);
    if (has("crashBefore")) {
      this.kill();
      return;
    }
    let error: unknown;
    let value: T | undefined;
    try {
      for (const fault of faults) {
        if (fault.kind !== "fail") continue;
        if (name.startsWith("close ")) action(); // the descriptor is gone whatever `close` answers
        this.#refuse(fault.code, name);
      }
      value = action();
    } catch (thrown) {
      error = thrown;
    }
    this.#note(call, name, error === undefined ? "" : String((error as { code?: string }).code ?? error));
    if (has("crashAfter")) {
      this.kill();
      return;
    }
    const stop = this.#delays(faults, "stopAfter");
    if (stop > 0) this.stop(stop);
    const latency = this.#latency(call, 2);
    this.delayedMs += latency;
    this.#later(latency, () => this.machine.enter(this, () => done(error, value)));
  }

  #refuse(code: Errno, name: string): never {
    this.wasRefused = true;
    throw errno(code, name.split(" ")[0]!, "injected");
  }

  /** Half the outcomes are known at once. */
  #latency(call: number, phase: number): number {
    const drawn = hash(this.#seed, call, phase) / 0x1_0000_0000;
    if (phase === 2 && drawn < 0.5) return 0;
    return this.#latencyMs * (0.1 + 2 * drawn * drawn * drawn);
  }

  #delays(faults: readonly Fault[], kind: "slow" | "stopBefore" | "stopAfter"): number {
    let sum = 0;
    for (const fault of faults) if (fault.kind === kind) sum += fault.ms;
    if (sum > 0) this.hamperedAt = this.machine.step;
    return sum;
  }

  #later(ms: number, run: () => void): void {
    if (ms === 0) this.#whenRunning(run);
    else this.machine.after(ms, () => this.#whenRunning(run));
  }

  #whenRunning(run: () => void): void {
    if (!this.isAlive) return;
    const stopped = this.#stoppedUntil - this.machine.now;
    if (stopped > 0) this.machine.after(stopped, () => this.#whenRunning(run));
    else run();
  }

  #note(call: number, name: string, outcome: string): void {
    if (this.machine.trace === undefined) return;
    const shown = name.replace(/[0-9a-f]{12}/g, "*");
    this.machine.note(`${this.label} #${call} ${shown}${outcome === "" ? "" : ` = ${outcome}`}`);
  }
}
