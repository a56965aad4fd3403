import type { Errno } from "../system/errno.ts";

/** Who takes part: ours with kernel locks, ours with a lease, and the family's members. */
export type Member = "kernel" | "lease" | "node" | "python" | "portalocker" | "dotnet" | "java" | "go";

export type OperationName = "load" | "add" | "renew" | "remove" | "update" | "section" | "clear";

export interface Operation {
  readonly name: OperationName;
  /** Milliseconds between the operation before and this one. */
  readonly pauseMs: number;
  /** How long a section, the function of an update or a peer's work takes. */
  readonly holdMs: number;
}

export interface Actor {
  readonly member: Member;
  /** Process number; another actor may get it again after a power cut. */
  readonly pid: number;
  readonly startMs: number;
  /** By how much its clock is ahead. */
  readonly skewMs: number;
  readonly operations: readonly Operation[];
  /** Its container, where there are several: those of others are on the same files and do not see its processes. */
  readonly container?: number;
}

/** Befalls an actor at its `call`-th system call. */
export type Fault = { readonly actor: number; readonly call: number } & (
  | { readonly kind: "crashBefore" | "crashAfter" }
  | { readonly kind: "fail"; readonly code: Errno }
  /** Stopped (SIGSTOP) just before the call, or after it and before it learns the outcome; timers stand still too. */
  | { readonly kind: "stopBefore" | "stopAfter"; readonly ms: number }
  /** The call itself takes this long. */
  | { readonly kind: "slow"; readonly ms: number }
);

/** Everything a run depends on: the same scenario runs the same way. */
export interface Scenario {
  /** Seeds latencies, jitter and what a power cut leaves. */
  readonly seed: number;
  /** Of the file system's modification times. */
  readonly granularityMs: number;
  /** By how much the file system's clock is ahead of the machine's. */
  readonly fileClockMs: number;
  /**
   * So long, and twice as long at most, nothing is at the path of the cache before another file gets it, as on NFS and
   * through libfuse. Left out: it is replaced in one step.
   */
  readonly replaceMs?: number;
  /**
   * Its containers are machines, and no kernel lock reaches from one to another. All have the folder from a server
   * ("served"), or the first has it and lends it to the others ("lent").
   */
  readonly machines?: "served" | "lent";
  /** Typical duration of a system call. */
  readonly latencyMs: number;
  readonly actors: readonly Actor[];
  readonly faults: readonly Fault[];
  readonly clockJumps: ReadonlyArray<{ readonly atMs: number; readonly byMs: number }>;
  readonly powerCutMs?: number;
}

export function isOurs(member: Member): boolean {
  return member === "kernel" || member === "lease";
}
