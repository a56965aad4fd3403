import { readVectors, type Vectors } from "../vectors/read.ts";
import { KINDS, type Kind } from "./protocol.ts";

/** One vector of any kind. Its id is unique over all of them: `kind/id`. */
export type Case = { [K in Kind]: { readonly id: string; readonly kind: K; readonly vector: Vectors[K] } }[Kind];

export function allCases(kinds: readonly Kind[] = KINDS): Case[] {
  return kinds.flatMap((kind) =>
    readVectors(kind).map((vector) => ({ id: `${kind}/${vector.id}`, kind, vector }) as unknown as Case),
  );
}
