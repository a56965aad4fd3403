import type { CoreMemory } from "./core-memory.ts";
import type { CoreExports } from "./core-module.ts";
import { statusName } from "./error-messages.ts";
import { PersistenceError } from "./errors.ts";
import { STATUS } from "./status.ts";

/** Bytes handed over at once: large enough that a call costs little, small enough to differ from theirs here and there only. */
export const WINDOW = 16 * 1024;

interface Comparer {
  compare(left: Uint8Array, right: Uint8Array): number;
}

const { Buffer: comparer } = globalThis as { Buffer?: Comparer };

/** The number of a document, as the core counts. */
export const DOCUMENT = { base: 1, ours: 2 } as const;

/**
 * Hands ours or base to a merge that has begun with theirs. What is the same as in theirs is compared natively, where the runtime
 * has `Buffer`, and never enters the core's memory; the rest goes through a window there.
 *
 * @param window room for `WINDOW` bytes
 */
export function followDocument(
  core: CoreExports,
  memory: CoreMemory,
  document: number,
  bytes: Uint8Array,
  theirs: Uint8Array,
  window: number,
): void {
  const status = core.begin_document(document);
  if (status !== STATUS.ok) throw new PersistenceError(statusName(status));
  /** Where theirs goes on as this document does; -1: nowhere near. */
  let place = 0;
  for (let start = 0; start < bytes.length; start += WINDOW) {
    const piece = bytes.subarray(start, start + WINDOW);
    // Two views: given places instead, Deno 2 takes the end of one for a place in the other.
    const isSame = place >= 0 && comparer?.compare(piece, theirs.subarray(place, place + piece.length)) === 0;
    if (!isSame) memory.put(window, piece);
    place = core.follow(isSame ? 0 : window, piece.length);
  }
}
