import type { Spread } from "../statistics.ts";
import type { Peers } from "./peers.ts";

/** One cell of a workload's table. */
export interface Measured {
  /** Who: "this, Node", "Node peer". */
  readonly row: string;
  /** What: "one commit". */
  readonly column: string;
  readonly unit: "ms" | "µs" | "ns" | "s" | "MiB" | "×" | "";
  /** A number is a count: it has no spread. */
  readonly value: Spread | number;
}

/** What is judged: a quotient of two times of one run, or a count. Never a time. */
export interface Ratio {
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly goal: { readonly atLeast: number } | { readonly atMost: number };
  /** What shows whether the goal can be reached at all. */
  readonly least?: Least;
}

/** The least that does what is asked for, in the same run; its value is to be compared with the ratio's. */
export interface Least {
  readonly what: string;
  readonly value: number;
}

export interface Outcome {
  readonly measured: readonly Measured[];
  readonly ratios: readonly Ratio[];
}

export interface Context {
  /** Everything once and small, to see that it runs. */
  readonly quick: boolean;
  readonly peers: Peers;
  /** A cache in an empty folder of its own. */
  freshCache(): string;
  progress(text: string): void;
}

export interface Workload {
  readonly name: string;
  readonly title: string;
  run(context: Context): Promise<Outcome>;
}
