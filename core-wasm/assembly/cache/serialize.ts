// Writes the result: runs of entities that theirs has side by side and that did not change are copied as they stand there,
// separators and white space included; everything else entity by entity.
import { DOCUMENT_THEIRS } from "../abi/result";
import { CLOSE_BRACE, COLON, COMMA, OPEN_BRACE, QUOTE } from "../json/bytes";
import { stringIs } from "../json/strings";
import { FOREIGN, salvageMarker, sectionName } from "./sections";
import { Slot, firstSlot, sideOf } from "./slots";
import { TopItem, firstTopItem, hasSectionObject, sectionSlot } from "./top-level";
import { beginText, putByte, putHex, putSpan, putText } from "../abi/text";

/** Room for the names and punctuation of the sections and the salvage marker. */
const FIXED_SIZE: usize = 256;

let separator: bool = false;
/** The salvage marker to write instead of one that is there; none when `markerWanted` is false. */
let markerWanted: bool = false;
let markerHigh: u32 = 0;
let markerLow: u32 = 0;

/** Writes what the slots hold as result. False when memory could not grow. */
export function serializeResult(): bool {
  markerWanted = false;
  return serialize();
}

/** The same, with a new salvage marker. */
export function serializeSalvaged(idHigh: u32, idLow: u32): bool {
  markerWanted = true;
  markerHigh = idHigh;
  markerLow = idLow;
  return serialize();
}

function serialize(): bool {
  if (!beginText(measure())) return false;
  separator = false;
  putByte(OPEN_BRACE);
  for (let address = firstTopItem(); address; address = changetype<TopItem>(address).next) writeTopItem(changetype<TopItem>(address));
  if (markerWanted) writeMarker();
  putByte(CLOSE_BRACE);
  return true;
}

function measure(): usize {
  let size = FIXED_SIZE;
  for (let section: u32 = 0; section <= FOREIGN; ++section) {
    for (let address = firstSlot(section); address; address = changetype<Slot>(address).next) {
      const slot = changetype<Slot>(address);
      if (!slot.resultStart) continue;
      const side = sideOf(slot, slot.resultDocument);
      size += side.nameEnd - side.nameStart + (slot.resultEnd - slot.resultStart) + 4;
      // A run is copied with the white space that theirs has between two entities.
      const next = slot.next ? changetype<Slot>(slot.next) : null;
      if (next && continuesRun(slot, next)) size += sideOf(next, DOCUMENT_THEIRS).valueStart - side.valueEnd;
      if (slot.resultDocument == DOCUMENT_THEIRS) size += side.valueStart - side.nameEnd;
    }
  }
  return size;
}

function writeTopItem(item: TopItem): void {
  if (item.section == FOREIGN) writeForeign(changetype<Slot>(item.slot));
  else if (isSectionWanted(item.section)) writeSection(item.section);
  else if (sectionSlot(item.section)) writeForeign(changetype<Slot>(sectionSlot(item.section)));
}

function writeForeign(slot: Slot): void {
  if (!slot.resultStart) return;
  if (markerWanted && isMarker(slot)) {
    writeMarker();
    return;
  }
  writeSeparator();
  writeMember(slot);
}

function isMarker(slot: Slot): bool {
  const side = sideOf(slot, slot.resultDocument);
  return stringIs(side.nameStart, side.nameEnd, salvageMarker());
}

function writeMarker(): void {
  markerWanted = false;
  writeSeparator();
  putByte(QUOTE);
  putText(salvageMarker());
  putText('":"');
  putHex(markerHigh);
  putHex(markerLow);
  putByte(QUOTE);
}

/** A section is written when the result has an entity in it, or theirs has it, if only empty. */
function isSectionWanted(section: u32): bool {
  return hasSectionObject(DOCUMENT_THEIRS, section) || hasResult(section);
}

function hasResult(section: u32): bool {
  return nextResult(firstSlot(section)) != 0;
}

function nextResult(address: usize): usize {
  while (address && !changetype<Slot>(address).resultStart) address = changetype<Slot>(address).next;
  return address;
}

function writeSection(section: u32): void {
  writeSeparator();
  putByte(QUOTE);
  putText(sectionName(section));
  putByte(QUOTE);
  putByte(COLON);
  putByte(OPEN_BRACE);
  let address = nextResult(firstSlot(section));
  while (address) {
    const last = writeRun(changetype<Slot>(address));
    address = nextResult(last.next);
    if (address) putByte(COMMA);
  }
  putByte(CLOSE_BRACE);
  separator = true;
}

/** Writes the slot and all that follow it unchanged in theirs; returns the last one written. */
function writeRun(first: Slot): Slot {
  // What is salvaged is written anew: white space around it may be damaged too.
  if (markerWanted || !isTheirsWhole(first)) {
    writeMember(first);
    return first;
  }
  let last = first;
  while (last.next && continuesRun(last, changetype<Slot>(last.next))) last = changetype<Slot>(last.next);
  putSpan(sideOf(first, DOCUMENT_THEIRS).nameStart - 1, sideOf(last, DOCUMENT_THEIRS).valueEnd);
  return last;
}

function isTheirsWhole(slot: Slot): bool {
  return slot.resultStart != 0 && slot.resultDocument == DOCUMENT_THEIRS;
}

function continuesRun(slot: Slot, next: Slot): bool {
  if (!isTheirsWhole(slot) || !isTheirsWhole(next)) return false;
  return sideOf(next, DOCUMENT_THEIRS).ordinal == sideOf(slot, DOCUMENT_THEIRS).ordinal + 1;
}

function writeMember(slot: Slot): void {
  const side = sideOf(slot, slot.resultDocument);
  putByte(QUOTE);
  putSpan(side.nameStart, side.nameEnd);
  putByte(QUOTE);
  putByte(COLON);
  putSpan(slot.resultStart, slot.resultEnd);
}

function writeSeparator(): void {
  if (separator) putByte(COMMA);
  separator = true;
}
