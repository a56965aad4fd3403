// What a subject under test is asked and what it answers: spec-tests/runner/README.md. Everything is JSON, bytes are
// base64, so that the same questions go to a library in this process and to a program in any language.

/** Goes up when a case or the protocol changes what a correct implementation has to do. */
export const SUITE_VERSION = 1;

export const KINDS = ["json", "merge", "salvage", "inspect", "lock", "session"] as const;
export type Kind = (typeof KINDS)[number];

/** Functions over bytes; the others drive the state machines. */
export const PURE_KINDS = ["json", "merge", "salvage", "inspect"] as const;

/** What a subject says about itself. */
export interface Description {
  readonly name: string;
  readonly language: string;
  readonly suiteVersion: number;
  readonly capabilities: readonly string[];
  /** What it cannot do and why, by kind (`lock`) or by case (`merge/some_id`). */
  readonly cannot?: Readonly<Record<string, string>>;
}

export type Base64 = string;

export interface MergeRequest {
  readonly run: "merge";
  readonly base: Base64 | null;
  readonly ours: Base64;
  readonly theirs: Base64 | null;
}

export interface SalvageRequest {
  readonly run: "salvage";
  readonly document: Base64;
}

export interface InspectRequest {
  readonly run: "inspect";
  readonly document: Base64;
  readonly nowSeconds: number;
}

/** Starts an operation of the core. `commit` brings documents. */
export interface ScriptedStart {
  readonly start: string;
  readonly base?: Base64 | null;
  readonly ours?: Base64;
  readonly baseIsCurrent?: boolean;
}

/** The outcome of the next capability call: a status and the binary payload of docs/host-interface.md. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly payload: Base64;
  /** Passes on the virtual clock before the outcome arrives. */
  readonly passMs: number;
}

export interface TraceRequest {
  readonly run: "trace";
  readonly now: number;
  readonly random: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly cipher: boolean;
  readonly script: ReadonlyArray<ScriptedStart | ScriptedAnswer>;
}

export type Request = { readonly id: string } & (MergeRequest | SalvageRequest | InspectRequest | TraceRequest);

/** What the core did, in order. */
export type Observed =
  | { readonly call: string; readonly value?: number; readonly bytes?: Base64 }
  | { readonly log: number }
  /** An operation ended: the 64 bytes of the result record, and the data and the detail it points to. */
  | { readonly end: { readonly record: Base64; readonly data: Base64; readonly detail: string } }
  /** A start was refused with this status. */
  | { readonly refused: number }
  /** The script did not fit what happened: nothing to answer with, or an answer that nobody waited for. */
  | { readonly stopped: string };

export interface Failure {
  readonly code: string;
  readonly document?: string;
  readonly offset?: number;
}

export interface Answer {
  readonly id: string;
  /** Of merge: its outcome with `content` in base64. Of salvage: `content`. Of inspect: the inspection. */
  readonly result?: Readonly<Record<string, unknown>>;
  readonly trace?: readonly Observed[];
  readonly error?: Failure;
}

/** What the vectors run on: a library in this process, or a program behind the runner protocol. */
export interface Subject {
  readonly description: Description;
  answer(request: Request): Answer | Promise<Answer>;
}
