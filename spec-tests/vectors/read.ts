import { existsSync, readFileSync } from "node:fs";
import { fromBase64 } from "../../hosts/shared/values/base64.ts";

export type DocumentVector =
  | { readonly json: unknown }
  | { readonly text: string }
  | { readonly base64: string }
  | { readonly repeat: string; readonly times: number };

export interface ErrorVector {
  readonly error: { readonly code: string; readonly document?: "theirs" | "base" | "ours"; readonly offset?: number };
}

interface Vector {
  readonly id: string;
  readonly note?: string;
}

export interface JsonVector extends Vector {
  readonly document: DocumentVector;
  readonly emptyDocument?: true;
  readonly expect: "accept" | ErrorVector;
}

export interface MergeVector extends Vector {
  readonly rule: string;
  readonly base?: DocumentVector;
  readonly ours: DocumentVector;
  readonly theirs?: DocumentVector;
  readonly expect: MergeExpectation | ErrorVector;
}

export interface MergeExpectation {
  readonly content: DocumentVector;
  readonly text?: string;
  readonly unchanged: boolean;
  readonly added: number;
  readonly updated: number;
  readonly removed: number;
  readonly conflicts: number;
  readonly accountsAdded: readonly string[];
  readonly accountsRemoved: readonly string[];
}

export interface SalvageVector extends Vector {
  readonly document: DocumentVector;
  readonly expect: { readonly content: DocumentVector };
}

export interface InspectVector extends Vector {
  readonly document: DocumentVector;
  readonly nowSeconds: number;
  readonly expect: ErrorVector | Record<string, unknown>;
}

/** A version of the store, as old as this. Without one: 5 s, of the size of what comes with it, inode 7. */
export interface VersionVector {
  readonly ageMs?: number;
  /** Instead of an age: nanoseconds since the epoch. */
  readonly mtimeNs?: string;
  readonly size?: number;
  readonly inode?: number;
  /** Of `store.replace`: the host says that no other write can leave it. */
  readonly unique?: true;
}

export interface InspectionVector {
  readonly content: string;
  readonly ageMs: number;
  readonly leaseAgeMs?: number;
  readonly kernelLocked?: boolean;
}

export interface OutcomeVector {
  readonly status?: string;
  readonly version?: VersionVector;
  readonly content?: DocumentVector;
  readonly inspection?: InspectionVector;
  /** The binary payload itself, where a host is to answer what no host should. */
  readonly payload?: { readonly base64: string };
  readonly passMs?: number;
}

export interface StartStep {
  readonly start: "load" | "commit" | "update" | "clear" | "lock" | "unlock" | "renew";
  readonly base?: DocumentVector;
  readonly ours?: DocumentVector;
  readonly baseIsCurrent?: boolean;
}

export interface CallStep {
  readonly call: string;
  readonly given?: {
    readonly ms?: number | readonly [least: number, most: number];
    readonly pid?: number;
    readonly content?: DocumentVector;
    readonly salvaged?: true;
  };
  /** A status, or more. Without it: `ok`. */
  readonly answer?: string | OutcomeVector;
}

export interface EndStep {
  readonly end: {
    readonly status: string;
    readonly content?: DocumentVector | null;
    readonly salvaged?: boolean;
    readonly unchanged?: boolean;
    readonly setAside?: boolean;
    readonly log?: readonly string[];
    readonly holder?: Readonly<Record<string, unknown>> | null;
    readonly error?: { readonly document: string; readonly offset: number };
    readonly [field: string]: unknown;
  };
}

/** A start that is refused at once. */
export interface RefusedStep {
  readonly refused: string;
}

export type TraceStep = StartStep | CallStep | EndStep | RefusedStep;

export interface TraceVector extends Vector {
  readonly rule: string;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly cipher?: boolean;
  readonly steps: readonly TraceStep[];
}

export interface Vectors {
  json: JsonVector;
  merge: MergeVector;
  salvage: SalvageVector;
  inspect: InspectVector;
  lock: TraceVector;
  session: TraceVector;
}

export function readVectors<Kind extends keyof Vectors>(kind: Kind): ReadonlyArray<Vectors[Kind]> {
  const file = JSON.parse(readFileSync(vectorFile(kind), "utf8"));
  if (file.kind !== kind) throw new Error(`${kind}.json is of kind ${file.kind}`);
  const ids = new Set(file.cases.map(({ id }: Vector) => id));
  if (ids.size !== file.cases.length) throw new Error(`an id occurs twice in ${kind}.json`);
  return file.cases;
}

export function documentBytes(document: DocumentVector): Uint8Array;
export function documentBytes(document: DocumentVector | undefined): Uint8Array | undefined;
export function documentBytes(document: DocumentVector | undefined): Uint8Array | undefined {
  if (document === undefined) return undefined;
  if ("base64" in document) return fromBase64(document.base64);
  if ("text" in document) return new TextEncoder().encode(document.text);
  if ("repeat" in document) return new TextEncoder().encode(document.repeat.repeat(document.times));
  return new TextEncoder().encode(JSON.stringify(document.json));
}

export const isError = (expect: object): expect is ErrorVector => "error" in expect;

/** Beside the sources, where this runs from dist too. */
function vectorFile(kind: string): URL {
  const here = new URL(`${kind}.json`, import.meta.url);
  return existsSync(here) ? here : new URL(`../../../spec-tests/vectors/${kind}.json`, import.meta.url);
}
