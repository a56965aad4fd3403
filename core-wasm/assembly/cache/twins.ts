// Which entities of the three documents are the same. Most are, so that is told while they are scanned: an entity is
// held against what the documents before have at its place, bytes first.
import { DOCUMENT_BASE, DOCUMENT_OURS, DOCUMENT_THEIRS } from "../abi/result";
import { OPEN_BRACE, equalBytes } from "../json/bytes";
import { matchTokens } from "../json/twin";
import { firstValue } from "./document-start";
import { Side, Slot, has, sideOf } from "./slots";

/** Are entities of ours that are indented otherwise than theirs' held against them? */
let oursMayBeTheirs: bool = true;

export function clearTwins(): void {
  oursMayBeTheirs = true;
}

/**
 * Base is scanned last. Where it is indented as ours is, most entities of ours will have base's bytes, and how they
 * differ from theirs is nobody's question.
 */
export function expectBase(base: usize, baseLength: usize, ours: usize, oursLength: usize): void {
  if (baseLength) oursMayBeTheirs = isIndented(firstValue(base, baseLength)) != isIndented(firstValue(ours, oursLength));
}

/**
 * Ours is held against theirs, base against theirs and then ours: bytes first, then, where only one of the two is
 * indented, the tokens of theirs. Returns where the value ends, or 0: it is not known to be the same.
 */
export function matchTwin(document: u32, slot: Slot, value: usize, end: usize): usize {
  const theirs = has(slot, DOCUMENT_THEIRS) ? sideOf(slot, DOCUMENT_THEIRS) : null;
  const ours = document == DOCUMENT_BASE && has(slot, DOCUMENT_OURS) ? sideOf(slot, DOCUMENT_OURS) : null;
  let isOurs = false;
  let valueEnd: usize = theirs ? valueMatches(theirs, value, end) : 0;
  if (!valueEnd && ours) {
    valueEnd = valueMatches(ours, value, end);
    isOurs = valueEnd != 0;
  }
  const mayBeTheirs = document == DOCUMENT_BASE || oursMayBeTheirs;
  if (!valueEnd && theirs && mayBeTheirs) valueEnd = tokensMatch(theirs, value, end);
  noteTwins(document, slot, valueEnd != 0 && !isOurs, isOurs);
  return valueEnd;
}

export function noteTwins(document: u32, slot: Slot, isTheirs: bool, isOurs: bool): void {
  if (document == DOCUMENT_OURS) {
    slot.oursIsTheirs = isTheirs;
  } else if (document == DOCUMENT_BASE) {
    slot.baseIsTheirs = isTheirs || (isOurs && slot.oursIsTheirs);
    slot.baseIsOurs = isOurs || (isTheirs && slot.oursIsTheirs);
  }
}

/** Only objects, as below, and only where the one is indented and the other is not. */
function tokensMatch(side: Side, value: usize, end: usize): usize {
  if (load<u8>(side.valueStart) != OPEN_BRACE || load<u8>(value) != OPEN_BRACE) return 0;
  return isIndented(side.valueStart) != isIndented(value) ? matchTokens(side.valueStart, side.valueEnd, value, end) : 0;
}

function isIndented(object: usize): bool {
  return load<u8>(object, 1) <= 0x20;
}

/** Only objects: behind a closing brace no byte can continue the value, as a digit can continue a number. */
function valueMatches(side: Side, value: usize, end: usize): usize {
  const length = side.valueEnd - side.valueStart;
  if (load<u8>(side.valueStart) != OPEN_BRACE || value + length > end) return 0;
  return equalBytes(value, side.valueStart, length) ? value + length : 0;
}
