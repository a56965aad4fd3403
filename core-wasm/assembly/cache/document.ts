// Scans one cache document into the slots. Documents of one cache are nearly the same, so each entity is first held
// against the slot that came next in the document before: where name and value are the same bytes, comparing them is
// both the validation (they were validated there) and the proof that nothing changed.
import { expectMemory } from "../abi/arena";
import { DOCUMENT_THEIRS } from "../abi/result";
import { maxDocumentBytes } from "../abi/settings";
import { DOCUMENT_TOO_LARGE, JSON_TRAILING_BYTES, NOT_A_CACHE, OK, OUT_OF_MEMORY } from "../abi/status";
import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, OPEN_BRACE, QUOTE, equalBytes, isDigit, skipSpace } from "../json/bytes";
import { fail, failUnexpected, failureStatus } from "../json/failure";
import { scanColon, scanValue } from "../json/scanner";
import { sawEscape, scanString } from "../json/strings";
import { clearTemplate, scanAlike } from "../json/template";
import { beginScan } from "./document-start";
import {
  REFERENCE_SIZE,
  expectReference,
  firstReferred,
  lastReferred,
  nextReference,
  referenceAfter,
} from "./references";
import { FOREIGN, sectionOf } from "./sections";
import { Slot, clearSlots, countSlots, firstSlot, nameSide, restartSection, setSide, sideOf, slotFor } from "./slots";
import {
  appendTopItem,
  clearTopLevel,
  hasSectionObject,
  listSection,
  sectionSlot,
  setSectionObject,
  setSectionSlot,
} from "./top-level";
import { clearTwins, matchTwin, noteTwins } from "./twins";

const TOP_DEPTH: u32 = 1;
const SECTION_DEPTH: u32 = 2;
const ENTITY_DEPTH: u32 = 3;

/** Forgets the documents scanned before. */
export function beginDocuments(): void {
  expectMemory();
  clearSlots();
  clearTopLevel();
  clearTemplate();
  expectReference(0);
  clearTwins();
}

/**
 * Scans a document into the slots. Returns a status; `failureAddress` is then the first byte that is wrong. Whatever
 * was complete before that byte is in the slots: this is what salvage keeps.
 */
export function scanDocument(document: u32, start: usize, length: usize): u32 {
  if (length > <usize>maxDocumentBytes) return DOCUMENT_TOO_LARGE;
  const end = start + length;
  let address = beginScan(start, length);
  if (address >= end) return OK;
  if (load<u8>(address) == OPEN_BRACE) {
    address = scanTopLevel(document, address, end);
    if (!address) return failureStatus;
  } else {
    address = scanValue(address, end, 0);
    if (!address) return failureStatus;
    if (skipSpace(address) >= end) fail(NOT_A_CACHE, start, end);
  }
  address = skipSpace(address);
  if (address < end) fail(JSON_TRAILING_BYTES, address, end);
  return failureStatus;
}

function scanTopLevel(document: u32, address: usize, end: usize): usize {
  address = skipSpace(address + 1);
  if (load<u8>(address) == CLOSE_BRACE) return address + 1;
  while (true) {
    if (load<u8>(address) != QUOTE) return failUnexpected(address, end);
    const nameStart = address + 1;
    const nameEnd = scanString(nameStart, end);
    if (!nameEnd) return 0;
    const escaped = sawEscape;
    address = scanColon(nameEnd + 1, end);
    if (!address) return 0;
    const section = sectionOf(nameStart, nameEnd, escaped);
    if (section != FOREIGN && load<u8>(address) == OPEN_BRACE) {
      address = scanSection(document, section, address, end);
    } else {
      address = scanForeign(document, section, nameStart, nameEnd, escaped, address, end);
    }
    if (!address) return 0;
    address = skipSpace(address);
    const byte = load<u8>(address);
    if (byte == CLOSE_BRACE) return address + 1;
    if (byte != COMMA) return failUnexpected(address, end);
    address = skipSpace(address + 1);
  }
}

/** A member of nobody we know, or a section that is not an object (it is treated as one). */
// @ts-ignore: decorator
@cold
function scanForeign(
  document: u32,
  section: u32,
  nameStart: usize,
  nameEnd: usize,
  escaped: bool,
  value: usize,
  end: usize,
): usize {
  const valueEnd = scanWhole(value, end, TOP_DEPTH);
  if (!valueEnd) return 0;
  const known = countSlots();
  const slot = slotFor(FOREIGN, nameStart, nameEnd, escaped);
  if (!slot) return fail(OUT_OF_MEMORY, value, end);
  const listed =
    section != FOREIGN ? listSection(section) : known == countSlots() || appendTopItem(FOREIGN, changetype<usize>(slot));
  if (!listed) return fail(OUT_OF_MEMORY, value, end);
  if (section != FOREIGN) replaceSection(document, section, slot);
  setSide(slot, document, nameStart, nameEnd, value, valueEnd);
  return valueEnd;
}

/** The document's section of this name, if it had one, no longer counts: something that is no section comes later. */
function replaceSection(document: u32, section: u32, slot: Slot): void {
  setSectionSlot(section, changetype<usize>(slot));
  restartSection(document, section);
  setSectionObject(document, section, false);
}

/**
 * The reverse: a section comes after something else of its name. The name stays in the slot, so that the slot is found
 * when that name comes once more: a slot for each time made a document of such members quadratic.
 */
function forgetSectionSlot(document: u32, section: u32): void {
  const slot = sectionSlot(section);
  if (slot) sideOf(changetype<Slot>(slot), document).ordinal = 0;
}

/**
 * A value and proof that it ends there: a number, unlike anything else, may go on in what was cut off, so it counts
 * only with the byte that ends it.
 */
function scanWhole(value: usize, end: usize, depth: u32): usize {
  if (depth == SECTION_DEPTH && load<u8>(value) == OPEN_BRACE) return scanAlike(value, end, ENTITY_DEPTH);
  const valueEnd = scanValue(value, end, depth);
  if (!valueEnd || !isDigit(load<u8>(valueEnd - 1))) return valueEnd;
  const next = load<u8>(valueEnd);
  const ends = next == COMMA || next == CLOSE_BRACE || next == CLOSE_BRACKET || skipSpace(valueEnd) > valueEnd;
  return ends && valueEnd < end ? valueEnd : failUnexpected(valueEnd, end);
}

function scanSection(document: u32, section: u32, address: usize, end: usize): usize {
  if (hasSectionObject(document, section)) restartSection(document, section);
  setSectionObject(document, section, true);
  forgetSectionSlot(document, section);
  if (!listSection(section)) return fail(OUT_OF_MEMORY, address, end);
  let guess: usize = document == DOCUMENT_THEIRS ? 0 : firstSlot(section);
  address = skipSpace(address + 1);
  if (load<u8>(address) == CLOSE_BRACE) return address + 1;
  while (true) {
    let scanned: usize;
    if (load<u8>(address) == QUOTE) {
      scanned = guess && isNamed(changetype<Slot>(guess), address + 1, end)
        ? scanExpected(document, changetype<Slot>(guess), address + 1, end)
        : scanEntity(document, section, address + 1, end);
      if (!scanned) return 0;
      address = sideOf(changetype<Slot>(scanned), document).valueEnd;
    } else {
      scanned = address == nextReference ? takeReferred(document, section, address) : 0;
      if (!scanned) return failUnexpected(address, end);
      address += REFERENCE_SIZE;
    }
    const slot = changetype<Slot>(scanned);
    address = skipSpace(address);
    // An entity that only this document has stands last in the list: what was expected is still to come.
    if (slot.next) guess = slot.next;
    const byte = load<u8>(address);
    if (byte == CLOSE_BRACE) return address + 1;
    if (byte != COMMA) return failUnexpected(address, end);
    address = skipSpace(address + 1);
  }
}

/**
 * The entities of theirs that stand here with the same bytes. Returns the last slot; 0: they are not of this section.
 */
// @ts-ignore: decorator
@cold
function takeReferred(document: u32, section: u32, reference: usize): usize {
  let slot = firstReferred(reference);
  const last = lastReferred(reference);
  if (slot.section != section) return 0;
  while (true) {
    const side = sideOf(slot, DOCUMENT_THEIRS);
    setSide(slot, document, side.nameStart, side.nameEnd, side.valueStart, side.valueEnd);
    noteTwins(document, slot, true, false);
    if (slot == last) break;
    slot = changetype<Slot>(slot.next);
  }
  expectReference(referenceAfter(reference));
  return changetype<usize>(last);
}

/** Does the name at `nameStart` have the same bytes as the slot's? */
function isNamed(slot: Slot, nameStart: usize, end: usize): bool {
  const side = nameSide(slot);
  const length = side.nameEnd - side.nameStart;
  if (nameStart + length >= end || load<u8>(nameStart + length) != QUOTE) return false;
  return equalBytes(nameStart, side.nameStart, length);
}

/** The next entity is the one that was expected. Returns its slot, or 0. */
function scanExpected(document: u32, slot: Slot, nameStart: usize, end: usize): usize {
  const side = nameSide(slot);
  const nameEnd = nameStart + (side.nameEnd - side.nameStart);
  const value = scanColon(nameEnd + 1, end);
  if (!value) return 0;
  let valueEnd = matchTwin(document, slot, value, end);
  if (!valueEnd) valueEnd = scanWhole(value, end, SECTION_DEPTH);
  if (!valueEnd) return 0;
  setSide(slot, document, nameStart, nameEnd, value, valueEnd);
  return changetype<usize>(slot);
}

function scanEntity(document: u32, section: u32, nameStart: usize, end: usize): usize {
  const nameEnd = scanString(nameStart, end);
  if (!nameEnd) return 0;
  const escaped = sawEscape;
  const value = scanColon(nameEnd + 1, end);
  if (!value) return 0;
  const valueEnd = scanWhole(value, end, SECTION_DEPTH);
  if (!valueEnd) return 0;
  const slot = slotFor(section, nameStart, nameEnd, escaped);
  if (!slot) return fail(OUT_OF_MEMORY, value, end);
  setSide(slot, document, nameStart, nameEnd, value, valueEnd);
  noteTwins(document, slot, false, false);
  return changetype<usize>(slot);
}
