// What becomes of one slot: the table of docs/merge.md.
import { DOCUMENT_BASE, DOCUMENT_OURS, DOCUMENT_THEIRS } from "../abi/result";
import { equalValues } from "../json/equality";
import { stringIs } from "../json/string-text";
import { mergeFields, mergedEnd, mergedStart } from "./field-merge";
import { timestampField } from "./fields";
import { FOREIGN, isCredential, salvageMarker, sectionOf } from "./sections";
import { Side, Slot, has, nameSide, sideOf } from "./slots";
import { hasSectionObject } from "./top-level";

/** How many entities the conflict rule decided. */
export let conflicts: u32 = 0;
/** Theirs was salvaged since base: what it lacks counts as untouched (docs/merge.md, "Damaged documents"). */
let theirsIncomplete: bool = false;

export function beginDecisions(incomplete: bool): void {
  conflicts = 0;
  theirsIncomplete = incomplete;
}

export function isTheirsIncomplete(): bool {
  return theirsIncomplete;
}

function equalSides(left: Side, right: Side): bool {
  return equalValues(left.valueStart, left.valueEnd, right.valueStart, right.valueEnd);
}

function oursEqualsTheirs(slot: Slot): bool {
  return slot.oursIsTheirs || equalSides(sideOf(slot, DOCUMENT_OURS), sideOf(slot, DOCUMENT_THEIRS));
}

export function baseEqualsTheirs(slot: Slot): bool {
  return slot.baseIsTheirs || equalSides(sideOf(slot, DOCUMENT_BASE), sideOf(slot, DOCUMENT_THEIRS));
}

export function baseEqualsOurs(slot: Slot): bool {
  return slot.baseIsOurs || equalSides(sideOf(slot, DOCUMENT_BASE), sideOf(slot, DOCUMENT_OURS));
}

function take(slot: Slot, document: u32): void {
  const side = sideOf(slot, document);
  slot.resultStart = side.valueStart;
  slot.resultEnd = side.valueEnd;
  slot.resultDocument = document;
}

export function drop(slot: Slot): void {
  slot.resultStart = 0;
}

/** Decides an entity. False when memory could not grow. */
function decideEntity(slot: Slot): bool {
  const base = has(slot, DOCUMENT_BASE);
  const ours = has(slot, DOCUMENT_OURS);
  const theirs = has(slot, DOCUMENT_THEIRS);
  if (ours && theirs) return decideBoth(slot, base);
  if (ours) decideOursOnly(slot, base);
  else if (theirs && !(base && baseEqualsTheirs(slot))) take(slot, DOCUMENT_THEIRS);
  else drop(slot);
  return true;
}

function decideOursOnly(slot: Slot, base: bool): void {
  const removed = base && !theirsIncomplete && baseEqualsOurs(slot);
  if (removed) drop(slot);
  else take(slot, DOCUMENT_OURS);
}

function decideBoth(slot: Slot, base: bool): bool {
  // What the scan noticed for nothing comes first: most entities are the same bytes in two of the three.
  if ((base && slot.baseIsOurs) || oursEqualsTheirs(slot)) take(slot, DOCUMENT_THEIRS);
  else if (base && slot.baseIsTheirs) take(slot, DOCUMENT_OURS);
  else if (base && baseEqualsOurs(slot)) take(slot, DOCUMENT_THEIRS);
  else if (base && baseEqualsTheirs(slot)) take(slot, DOCUMENT_OURS);
  else return decideConflict(slot, base);
  return true;
}

// @ts-ignore: decorator
@cold
function decideConflict(slot: Slot, base: bool): bool {
  ++conflicts;
  if (isCredential(slot.section)) {
    take(slot, isTheirsNewer(slot) ? DOCUMENT_THEIRS : DOCUMENT_OURS);
    return true;
  }
  take(slot, DOCUMENT_OURS);
  const theirs = sideOf(slot, DOCUMENT_THEIRS);
  const baseObject = base ? sideOf(slot, DOCUMENT_BASE).valueStart : 0;
  if (!mergeFields(baseObject, sideOf(slot, DOCUMENT_OURS).valueStart, theirs.valueStart)) return false;
  if (!mergedStart) return true;
  slot.resultStart = mergedStart;
  slot.resultEnd = mergedEnd;
  if (equalValues(mergedStart, mergedEnd, theirs.valueStart, theirs.valueEnd)) take(slot, DOCUMENT_THEIRS);
  return true;
}

function isTheirsNewer(slot: Slot): bool {
  const ours = sideOf(slot, DOCUMENT_OURS).valueStart;
  const theirs = sideOf(slot, DOCUMENT_THEIRS).valueStart;
  let difference = timestampField(theirs, "cached_at") - timestampField(ours, "cached_at");
  if (!difference) difference = timestampField(theirs, "expires_on") - timestampField(ours, "expires_on");
  if (!difference) {
    difference = timestampField(theirs, "last_modification_time") - timestampField(ours, "last_modification_time");
  }
  return difference > 0;
}

/** Foreign members: ours when we changed or added it, otherwise as theirs has it, or its absence. */
// @ts-ignore: decorator
@cold
function decideForeign(slot: Slot): void {
  const base = has(slot, DOCUMENT_BASE);
  const ours = has(slot, DOCUMENT_OURS);
  const theirs = has(slot, DOCUMENT_THEIRS);
  if (isMarker(slot)) takeOrDropTheirs(slot, theirs);
  else if (!theirs && isShadowed(slot)) drop(slot);
  else if (theirs && (!ours || oursEqualsTheirs(slot))) take(slot, DOCUMENT_THEIRS);
  else if (ours && !(base && baseEqualsOurs(slot))) take(slot, DOCUMENT_OURS);
  else if (theirs) take(slot, DOCUMENT_THEIRS);
  else decideLostForeign(slot, base, ours);
}

/**
 * Only whoever salvages writes a marker: carried over by a merge, it would hide a newer one, and what that one
 * calls lost would count as removed.
 */
function takeOrDropTheirs(slot: Slot, theirs: bool): void {
  if (theirs) take(slot, DOCUMENT_THEIRS);
  else drop(slot);
}

export function isMarker(slot: Slot): bool {
  const side = nameSide(slot);
  return stringIs(side.nameStart, side.nameEnd, salvageMarker());
}

/** A section that ours holds as something other than an object makes no difference to one that theirs has. */
function isShadowed(slot: Slot): bool {
  const side = nameSide(slot);
  const section = sectionOf(side.nameStart, side.nameEnd, slot.escaped);
  return section != FOREIGN && hasSectionObject(DOCUMENT_THEIRS, section);
}

/** Theirs lost the member in the damage, or removed it. */
function decideLostForeign(slot: Slot, base: bool, ours: bool): void {
  if (!theirsIncomplete || !base) drop(slot);
  else take(slot, ours ? DOCUMENT_OURS : DOCUMENT_BASE);
}

export function decide(slot: Slot): bool {
  if (slot.section != FOREIGN) return decideEntity(slot);
  decideForeign(slot);
  return true;
}
