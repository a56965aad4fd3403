/** What a contender is told on its command line. */
export interface Assignment {
  /**
   * This package, its Node peer, or the least that anybody can do, alone or in turn: the programs differ in one import.
   */
  readonly library: "ours" | "peer" | "bare" | "bare, in turn";
  readonly cache: string;
  readonly store: "file" | "kernel keyring" | "secret service";
  /** P: a lease even where kernel locks can be had. */
  readonly kind: "K" | "P";
  /** `false`: do not wait for the disk. */
  readonly sync: boolean;
  /** Whose tokens they are. Several processes on one file need a number each. */
  readonly client: number;
}

/** What a contender is told on its standard input, a line of JSON each. It answers each with one line. */
export type Order =
  /**
   * Fetches tokens `from`, `from` + 1… anew, one after the other, and saves each. No request is sent. Answers
   * `times`, `tokens`, `processor`.
   */
  | { readonly do: "commit"; readonly from: number; readonly count: number }
  /** Looks at the cache as MSAL does before it reads, `callers` at once, so many times. Answers `times`. */
  | { readonly do: "load"; readonly count: number; readonly callers: number }
  /** Takes the lock of the cache. Answers `at`, when it had it. */
  | { readonly do: "lock" }
  /** Lets go of it. Answers `at`, from before it did. */
  | { readonly do: "unlock" }
  /**
   * Signs somebody in and asks for so many tokens silently, all at once. Answers `times`, `succeeded`
   * and, of this package, `writes`.
   */
  | { readonly do: "silent"; readonly count: number; readonly authorityUrl: string };

export interface Answer {
  readonly type: "answer";
  /** Milliseconds that each took. */
  readonly times?: readonly number[];
  /** Milliseconds of a processor that they took together, on all threads. */
  readonly processor?: number;
  /** The time of day in milliseconds, with their fractions. */
  readonly at?: number;
  /** SHA-256 of the tokens that were fetched and, as far as it knows, saved. */
  readonly tokens?: readonly string[];
  readonly succeeded?: number;
  readonly writes?: number;
  readonly failure?: string;
}

/** Renewed in turn: so many tokens are in a cache that one process writes to, about 2 KB each. */
export const TOKENS = 50;

export const clientIdOf = (client: number) => `5e57ab1e-0000-4000-8000-0000000${String(10_000 + client)}`;
