// What is kept of ours and base while they come piece by piece (follow.ts): bytes, and references to stretches of
// theirs.
import { allocate, extend } from "../abi/arena";
import {
  REFERENCE_SIZE,
  firstReferred,
  lastReferred,
  linkReference,
  referenceAfter,
  stretchEnd,
  stretchStart,
  writeReference,
} from "./references";
import { Slot } from "./slots";

/** What is kept of a document. */
@unmanaged
class Kept {
  start: usize;
  end: usize;
  firstReference: usize;
  lastReference: usize;
  /** Bytes of the document. */
  total: usize;
}

const KEPT: usize = memory.data(60, 8);

/** Memory could not grow: what is kept is not the whole. */
export let keepingFailed: bool = false;

function keptOf(document: u32): Kept {
  return changetype<Kept>(KEPT + <usize>document * offsetof<Kept>());
}

export function keptStart(document: u32): usize {
  return keptOf(document).start;
}

export function keptLength(document: u32): usize {
  return keptOf(document).end - keptOf(document).start;
}

export function keptReference(document: u32): usize {
  return keptOf(document).firstReference;
}

export function followedLength(document: u32): usize {
  return keptOf(document).total;
}

export function clearKept(): void {
  memory.fill(KEPT, 0, 60);
  keepingFailed = false;
}

export function beginKeeping(document: u32): void {
  const start = allocate(0);
  keepingFailed = start == 0;
  keptOf(document).start = start;
  keptOf(document).end = start;
}

/** More of the document has come, kept or not. */
export function countFollowed(document: u32, length: usize): void {
  keptOf(document).total += length;
}

export function keepReference(document: u32, first: Slot, last: Slot): void {
  const kept = keptOf(document);
  const address = kept.end;
  if (!makeRoom(kept, REFERENCE_SIZE)) return;
  writeReference(address, first, last);
  if (kept.lastReference) linkReference(kept.lastReference, address);
  else kept.firstReference = address;
  kept.lastReference = address;
}

export function keep(document: u32, start: usize, end: usize): void {
  const kept = keptOf(document);
  const target = kept.end;
  if (makeRoom(kept, end - start)) memory.copy(target, start, end - start);
}

/** What is kept of the document that is followed is the last thing in the arena, so it can grow. */
function makeRoom(kept: Kept, length: usize): bool {
  const end = kept.end + length;
  if (keepingFailed || !extend(end)) keepingFailed = true;
  else kept.end = end;
  return !keepingFailed;
}

/** The document as it was, in the arena; 0 when memory could not grow. */
export function restoreDocument(document: u32): usize {
  const kept = keptOf(document);
  const room = allocate(kept.total);
  if (!room) return 0;
  let target = room;
  let from = kept.start;
  for (let reference = kept.firstReference; reference; reference = referenceAfter(reference)) {
    target = copyTo(target, from, reference);
    target = copyTo(target, stretchStart(firstReferred(reference)), stretchEnd(lastReferred(reference)));
    from = reference + REFERENCE_SIZE;
  }
  copyTo(target, from, kept.end);
  return room;
}

function copyTo(target: usize, start: usize, end: usize): usize {
  memory.copy(target, start, end - start);
  return target + (end - start);
}
