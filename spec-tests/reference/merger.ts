import { referenceInspect } from "./inspect.ts";
import { referenceMerge } from "./merge.ts";
import { referenceSalvage, withMark } from "./salvage.ts";
import { write } from "./value.ts";

/** The reference with the interface of the core, so that both run the same vectors. */
export const referenceMerger = {
  merge: referenceMerge,
  salvage: (content: Uint8Array) => ({ content: write(withMark(referenceSalvage(content), "0123456789abcdef")) }),
  inspect: referenceInspect,
};
