import type { Program } from "../writers/programs.ts";

/** Processes of `program` and of `company`, on two machines. */
export interface Case {
  /** Options of `mount -t nfs`, or `LENT_BY_HOST`. */
  readonly mount: string;
  readonly program: Program;
  readonly company: Program;
}

/** What the virtual machine is told to do. */
export interface Assignment {
  /** The root of a tree of the kernel's modules. */
  readonly modules: string;
  readonly cases: readonly Case[];
  /** Of each process. */
  readonly commits: number;
}

/** The folder is that of the machine that runs the virtual one, to which QEMU lends it by 9P. Both use it. */
export const LENT_BY_HOST = "9p";

/** Below the folder that is shared; its own is made by the first commit. */
export const CACHE = ".application/cache/tokens.json";

/** What it says of each case in turn, a line of JSON. */
export interface Finding {
  readonly seconds: number;
  readonly faults: readonly string[];
  /** What its processes have said (writers/promised.ts). */
  readonly told: readonly string[];
}

/** A case begins. */
export const BEGIN = "begin";
/** Before each: all else on its console is the kernel's, or what a program has printed. */
export const FINDING = "finding ";
