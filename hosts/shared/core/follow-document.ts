import { PersistenceError } from "../errors/persistence-error.ts";
import { STATUS } from "../errors/status.ts";
import { comparer } from "../values/same-bytes.ts";
import type { CoreMemory } from "./core-memory.ts";
import type { CoreExports } from "./core-module.ts";
import { statusName } from "./error-messages.ts";

/**
 * Bytes handed over at once: large enough that a call costs little, small enough to differ
 * from theirs here and there only.
 */
export const WINDOW = 16 * 1024;
/** Bytes compared at once where what came before was the same. */
const MAX_COMPARED = 4 * WINDOW;

/** The number of a document, as the core counts. */
export const DOCUMENT = { base: 1, ours: 2 } as const;

/**
 * What a document is held against: theirs in the core's memory, which has just been scanned
 * and so is near to the processor.
 */
export interface Followed {
  readonly original: Uint8Array;
  readonly at: number;
  readonly length: number;
  /** Room for `WINDOW` bytes there. */
  readonly window: number;
}

/**
 * Hands ours or base to a merge that has begun with theirs. What is the same as in theirs is compared natively, where
 * the runtime has `Buffer`, and never enters the core's memory; the rest goes through a window there.
 */
export function followDocument(
  core: CoreExports,
  memory: CoreMemory,
  document: number,
  bytes: Uint8Array,
  theirs: Followed,
): void {
  const status = core.begin_document(document);
  if (status !== STATUS.ok) throw new PersistenceError(statusName(status));
  /** Where theirs goes on as this document does; -1: nowhere near. */
  let place = 0;
  let length = bytes === theirs.original ? bytes.length : WINDOW;
  for (let start = 0; start < bytes.length; ) {
    const piece = bytes.subarray(start, start + length);
    const isSame = bytes === theirs.original || (place >= 0 && goesOn(memory, theirs, place, piece));
    if (!isSame && length > WINDOW) {
      length = WINDOW;
      continue;
    }
    if (!isSame) memory.put(theirs.window, piece);
    place = core.follow(isSame ? 0 : theirs.window, piece.length);
    start += piece.length;
    if (isSame) length = Math.min(2 * length, longestAhead(bytes.length - start));
  }
}

function goesOn(memory: CoreMemory, theirs: Followed, place: number, piece: Uint8Array): boolean {
  if (comparer === undefined || piece.length > theirs.length - place) return false;
  // Two views: given places instead, Deno 2 takes the end of one for a place in the other.
  return comparer.compare(piece, memory.view(theirs.at + place, piece.length)) === 0;
}

/** What is new mostly stands at the end: what is compared in vain must not be much. */
function longestAhead(rest: number): number {
  return Math.max(WINDOW, Math.min(rest >>> 1, MAX_COMPARED));
}
