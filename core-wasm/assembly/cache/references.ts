// The text of a document that shares much with theirs, with a reference in place of each stretch of entities that stand
// in theirs with the same bytes, side by side: a zero byte, which no valid JSON has, the place of the next reference,
// and the first and the last slot. Theirs was scanned, so what is referred to is known to be valid; only its
// surroundings are scanned again.
import { DOCUMENT_THEIRS } from "../abi/result";
import { Slot, sideOf } from "./slots";

export const REFERENCE_SIZE: usize = 13;

/** The reference that the scanner may take next; 0: none. A zero byte anywhere else is a wrong byte like any other. */
export let nextReference: usize = 0;

export function expectReference(address: usize): void {
  nextReference = address;
}

export function writeReference(address: usize, first: Slot, last: Slot): void {
  store<u8>(address, 0);
  store<u32>(address, 0, 1);
  store<u32>(address, <u32>changetype<usize>(first), 5);
  store<u32>(address, <u32>changetype<usize>(last), 9);
}

export function linkReference(address: usize, next: usize): void {
  store<u32>(address, <u32>next, 1);
}

export function referenceAfter(address: usize): usize {
  return load<u32>(address, 1);
}

export function firstReferred(address: usize): Slot {
  return changetype<Slot>(<usize>load<u32>(address, 5));
}

export function lastReferred(address: usize): Slot {
  return changetype<Slot>(<usize>load<u32>(address, 9));
}

/** Where the stretch begins in theirs: the quote before the first name. */
export function stretchStart(first: Slot): usize {
  return sideOf(first, DOCUMENT_THEIRS).nameStart - 1;
}

export function stretchEnd(last: Slot): usize {
  return sideOf(last, DOCUMENT_THEIRS).valueEnd;
}

/** Does `next` follow `slot` in the text of theirs as it does in the list? */
export function isBehind(next: Slot, slot: Slot): bool {
  return sideOf(next, DOCUMENT_THEIRS).ordinal == sideOf(slot, DOCUMENT_THEIRS).ordinal + 1;
}
