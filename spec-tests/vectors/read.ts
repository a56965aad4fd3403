import { readFileSync } from "node:fs";

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

interface Kinds {
  json: JsonVector;
  merge: MergeVector;
  salvage: SalvageVector;
  inspect: InspectVector;
}

export function readVectors<Kind extends keyof Kinds>(kind: Kind): ReadonlyArray<Kinds[Kind]> {
  const file = JSON.parse(readFileSync(new URL(`${kind}.json`, import.meta.url), "utf8"));
  if (file.kind !== kind) throw new Error(`${kind}.json is of kind ${file.kind}`);
  const ids = new Set(file.cases.map(({ id }: Vector) => id));
  if (ids.size !== file.cases.length) throw new Error(`an id occurs twice in ${kind}.json`);
  return file.cases;
}

export function documentBytes(document: DocumentVector): Uint8Array;
export function documentBytes(document: DocumentVector | undefined): Uint8Array | undefined;
export function documentBytes(document: DocumentVector | undefined): Uint8Array | undefined {
  if (document === undefined) return undefined;
  if ("base64" in document) return new Uint8Array(Buffer.from(document.base64, "base64"));
  if ("text" in document) return new TextEncoder().encode(document.text);
  if ("repeat" in document) return new TextEncoder().encode(document.repeat.repeat(document.times));
  return new TextEncoder().encode(JSON.stringify(document.json));
}

export const isError = (expect: object): expect is ErrorVector => "error" in expect;
