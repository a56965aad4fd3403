// merge(base, ours, theirs) of docs/merge.md, over spans: nothing is materialised, and what did not change is copied.
import {
  DOCUMENT_BASE,
  DOCUMENT_OURS,
  DOCUMENT_THEIRS,
  FLAG_HAS_DOCUMENT,
  FLAG_UNCHANGED,
  addFlags,
  setData,
  setFailure,
} from "../abi/result";
import { OK, OUT_OF_MEMORY } from "../abi/status";
import { allocate } from "../abi/arena";
import { failureAddress } from "../json/failure";
import { stringIs } from "../json/strings";
import { baseEqualsTheirs, beginDecisions, decide } from "./decision";
import { beginDocuments, isEmptyDocument, scanDocument, skipByteOrderMark } from "./document";
import { countChanges, reportAccounts } from "./report";
import { FOREIGN, salvageMarker } from "./sections";
import { serializeResult } from "./serialize";
import { applySignOuts } from "./sign-out";
import { Slot, firstSlot, has, sideOf } from "./slots";
import { textLength, textPointer } from "../abi/text";

/** Merges three documents of the arena (length 0: none) into the result record. Returns a status. */
export function mergeDocuments(
  base: usize,
  baseLength: usize,
  ours: usize,
  oursLength: usize,
  theirs: usize,
  theirsLength: usize,
): u32 {
  beginDocuments();
  // The order decides the order of the result: theirs, then what is new in ours.
  let status = scan(DOCUMENT_THEIRS, theirs, theirsLength);
  if (status == OK) status = scan(DOCUMENT_OURS, ours, oursLength);
  if (status == OK) status = scan(DOCUMENT_BASE, base, baseLength);
  if (status != OK) return status;
  beginDecisions(wasSalvagedSinceBase());
  return decideAll() && applySignOuts() ? finish(theirs, theirsLength) : OUT_OF_MEMORY;
}

function scan(document: u32, start: usize, length: usize): u32 {
  if (!length) return OK;
  const status = scanDocument(document, start, length);
  if (status != OK) setFailure(document, failureAddress ? <u32>(failureAddress - start) : 0);
  return status;
}

/** Theirs has a salvage marker that base has not. */
function wasSalvagedSinceBase(): bool {
  for (let address = firstSlot(FOREIGN); address; address = changetype<Slot>(address).next) {
    const slot = changetype<Slot>(address);
    if (!has(slot, DOCUMENT_THEIRS)) continue;
    const side = sideOf(slot, DOCUMENT_THEIRS);
    if (!stringIs(side.nameStart, side.nameEnd, salvageMarker())) continue;
    return !has(slot, DOCUMENT_BASE) || !baseEqualsTheirs(slot);
  }
  return false;
}

function decideAll(): bool {
  for (let section: u32 = 0; section <= FOREIGN; ++section) {
    for (let address = firstSlot(section); address; address = changetype<Slot>(address).next) {
      if (!decide(changetype<Slot>(address))) return false;
    }
  }
  return true;
}

function finish(theirs: usize, theirsLength: usize): u32 {
  const unchanged = countChanges();
  if (!reportAccounts()) return OUT_OF_MEMORY;
  addFlags(FLAG_HAS_DOCUMENT);
  if (!unchanged) {
    if (!serializeResult()) return OUT_OF_MEMORY;
    setData(textPointer(), textLength());
    return OK;
  }
  addFlags(FLAG_UNCHANGED);
  return isEmptyDocument(theirs, theirsLength) ? setEmptyObject() : setTheirs(theirs, theirsLength);
}

function setTheirs(theirs: usize, theirsLength: usize): u32 {
  const start = skipByteOrderMark(theirs, theirsLength);
  setData(start, theirs + theirsLength - start);
  return OK;
}

function setEmptyObject(): u32 {
  const room = allocate(2);
  if (!room) return OUT_OF_MEMORY;
  store<u16>(room, 0x7d7b);
  setData(room, 2);
  return OK;
}
