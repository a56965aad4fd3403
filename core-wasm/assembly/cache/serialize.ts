// Writes the result: runs of entities that theirs has side by side and that did not change are copied as they stand
// there, separators and white space included; everything else entity by entity.
import { DOCUMENT_THEIRS } from "../abi/result";
import { CLOSE_BRACE, COLON, COMMA, OPEN_BRACE, QUOTE } from "../json/bytes";
import { isMarker } from "./decision";
import { MIN_PIECE, addRun, addText, beginPieceText, beginPieces } from "./pieces";
import { isBehind, stretchEnd, stretchStart } from "./references";
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
let inPieces: bool = false;
let longRuns: u32 = 0;

/** Writes what the slots hold as result. False when memory could not grow. */
export function serializeResult(asPieces: bool): bool {
  markerWanted = false;
  inPieces = asPieces;
  return serialize();
}

/** The same, with a new salvage marker. */
export function serializeSalvaged(idHigh: u32, idLow: u32): bool {
  markerWanted = true;
  inPieces = false;
  markerHigh = idHigh;
  markerLow = idLow;
  return serialize();
}

function serialize(): bool {
  const size = measure();
  if (inPieces && !beginPieces(longRuns)) return false;
  if (!beginText(size)) return false;
  if (inPieces) beginPieceText();
  separator = false;
  putByte(OPEN_BRACE);
  for (let address = firstTopItem(); address; address = changetype<TopItem>(address).next) {
    writeTopItem(changetype<TopItem>(address));
  }
  if (markerWanted) writeMarker();
  putByte(CLOSE_BRACE);
  if (inPieces) addText();
  return true;
}

/**
 * How long the text becomes at most; counts the runs that do not become text (`writeRun`;
 * a foreign member always does).
 */
function measure(): usize {
  let size = FIXED_SIZE;
  longRuns = 0;
  for (let section: u32 = 0; section <= FOREIGN; ++section) {
    let address = nextResult(firstSlot(section));
    while (address) {
      const first = changetype<Slot>(address);
      const last = section == FOREIGN ? first : lastOfRun(first);
      const length = isRun(first) ? stretchEnd(last) - stretchStart(first) : 0;
      if (section != FOREIGN && isPiece(length)) ++longRuns;
      else size += max(length, memberSize(first)) + 1;
      address = nextResult(last.next);
    }
  }
  return size;
}

function memberSize(slot: Slot): usize {
  const side = sideOf(slot, slot.resultDocument);
  return side.nameEnd - side.nameStart + (slot.resultEnd - slot.resultStart) + 3;
}

function writeTopItem(item: TopItem): void {
  if (item.section == FOREIGN) writeForeign(changetype<Slot>(item.slot));
  else if (isSectionWanted(item.section)) writeSection(item.section);
  else if (sectionSlot(item.section)) writeForeign(changetype<Slot>(sectionSlot(item.section)));
}

// @ts-ignore: decorator
@cold
function writeForeign(slot: Slot): void {
  if (!slot.resultStart) return;
  if (markerWanted && isMarker(slot)) {
    writeMarker();
    return;
  }
  writeSeparator();
  writeMember(slot);
}

// @ts-ignore: decorator
@cold
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
  return hasSectionObject(DOCUMENT_THEIRS, section) || nextResult(firstSlot(section)) != 0;
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
  if (!isRun(first)) {
    writeMember(first);
    return first;
  }
  const last = lastOfRun(first);
  const start = stretchStart(first);
  const end = stretchEnd(last);
  if (isPiece(end - start)) addRun(start, end);
  else putSpan(start, end);
  return last;
}

/** What is salvaged is written anew: white space around it may be damaged too. */
function isRun(slot: Slot): bool {
  return !markerWanted && slot.resultStart != 0 && slot.resultDocument == DOCUMENT_THEIRS;
}

function isPiece(length: usize): bool {
  return inPieces && length >= MIN_PIECE;
}

function lastOfRun(first: Slot): Slot {
  let last = first;
  while (last.next && isRun(last)) {
    const next = changetype<Slot>(last.next);
    if (!isRun(next) || !isBehind(next, last)) break;
    last = next;
  }
  return last;
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
