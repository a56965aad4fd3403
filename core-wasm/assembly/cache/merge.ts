// merge(base, ours, theirs) of docs/merge.md, over spans: nothing is materialised, and what did not change is copied.
import {
  DOCUMENT_BASE,
  DOCUMENT_OURS,
  DOCUMENT_THEIRS,
  FLAG_HAS_DOCUMENT,
  FLAG_UNCHANGED,
  addFlags,
  dataLength,
  dataPointer,
  setData,
  setFailure,
} from "../abi/result";
import { maxDocumentBytes } from "../abi/settings";
import { DOCUMENT_TOO_LARGE, OK, OUT_OF_MEMORY } from "../abi/status";
import { allocate, hasRunOut } from "../abi/arena";
import { failureAddress } from "../json/failure";
import { baseEqualsTheirs, beginDecisions, decide, isMarker } from "./decision";
import { beginDocuments, scanDocument } from "./document";
import { isEmptyDocument, skipByteOrderMark } from "./document-start";
import { beginFollowing, endFollowing } from "./follow";
import { followedLength, keptLength, keptReference, keptStart, restoreDocument } from "./kept";
import { add, beginPieces, countPieces, pieces } from "./pieces";
import { expectReference } from "./references";
import { countChanges, reportAccounts } from "./report";
import { FOREIGN } from "./sections";
import { serializeResult } from "./serialize";
import { applySignOuts } from "./sign-out";
import { Slot, firstSlot, has } from "./slots";
import { expectBase } from "./twins";
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
  return mergeWhole(base, baseLength, ours, oursLength, theirs, theirsLength, false);
}

function mergeWhole(
  base: usize,
  baseLength: usize,
  ours: usize,
  oursLength: usize,
  theirs: usize,
  theirsLength: usize,
  inPieces: bool,
): u32 {
  beginDocuments();
  // The order decides the order of the result: theirs, then what is new in ours.
  let status = scan(DOCUMENT_THEIRS, theirs, theirsLength);
  expectBase(base, baseLength, ours, oursLength);
  if (status == OK) status = scan(DOCUMENT_OURS, ours, oursLength);
  if (status == OK) status = scan(DOCUMENT_BASE, base, baseLength);
  return status == OK ? mergeScanned(theirs, theirsLength, inPieces) : status;
}

let theirsPointer: usize = 0;
let theirsSize: usize = 0;

/** Begins a merge whose other documents come piece by piece (`follow`). Returns a status. */
export function beginMerge(theirs: usize, theirsLength: usize): u32 {
  theirsPointer = theirs;
  theirsSize = theirsLength;
  beginDocuments();
  const status = scan(DOCUMENT_THEIRS, theirs, theirsLength);
  beginFollowing(theirs, theirs + theirsLength);
  return status;
}

/** Ends it as `mergeDocuments` does, but the data of the result are pieces. */
export function endMerge(): u32 {
  if (!endFollowing()) return OUT_OF_MEMORY;
  expectBase(keptStart(DOCUMENT_BASE), keptLength(DOCUMENT_BASE), keptStart(DOCUMENT_OURS), keptLength(DOCUMENT_OURS));
  let status = scanFollowed(DOCUMENT_OURS);
  if (status == OK) status = scanFollowed(DOCUMENT_BASE);
  if (status == OK) return mergeScanned(theirsPointer, theirsSize, true);
  return status == DOCUMENT_TOO_LARGE ? status : mergeRestored();
}

/**
 * As if whole documents had come. For when a reference stands where no entity of theirs can, and when a document is
 * wrong: what is reported is the place in the whole one.
 */
function mergeRestored(): u32 {
  setFailure(0, 0);
  const ours = restoreDocument(DOCUMENT_OURS);
  const base = ours ? restoreDocument(DOCUMENT_BASE) : 0;
  if (!base) return OUT_OF_MEMORY;
  const baseLength = followedLength(DOCUMENT_BASE);
  return mergeWhole(base, baseLength, ours, followedLength(DOCUMENT_OURS), theirsPointer, theirsSize, true);
}

function scanFollowed(document: u32): u32 {
  if (followedLength(document) > <usize>maxDocumentBytes) {
    setFailure(document, 0);
    return DOCUMENT_TOO_LARGE;
  }
  expectReference(keptReference(document));
  return scan(document, keptStart(document), keptLength(document));
}

function mergeScanned(theirs: usize, theirsLength: usize, inPieces: bool): u32 {
  beginDecisions(wasSalvagedSinceBase());
  const status = decideAll() && applySignOuts() ? finish(theirs, theirsLength, inPieces) : OUT_OF_MEMORY;
  return hasRunOut ? OUT_OF_MEMORY : status;
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
    if (!has(slot, DOCUMENT_THEIRS) || !isMarker(slot)) continue;
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

function finish(theirs: usize, theirsLength: usize, inPieces: bool): u32 {
  const unchanged = countChanges();
  if (!reportAccounts()) return OUT_OF_MEMORY;
  addFlags(FLAG_HAS_DOCUMENT);
  if (!unchanged) {
    if (!serializeResult(inPieces)) return OUT_OF_MEMORY;
    if (inPieces) setData(pieces(), countPieces());
    else setData(textPointer(), textLength());
    return OK;
  }
  addFlags(FLAG_UNCHANGED);
  if (!isEmptyDocument(theirs, theirsLength)) setTheirs(theirs, theirsLength);
  else if (!setEmptyObject()) return OUT_OF_MEMORY;
  return !inPieces || makeDataAPiece() ? OK : OUT_OF_MEMORY;
}

function setTheirs(theirs: usize, theirsLength: usize): void {
  const start = skipByteOrderMark(theirs, theirsLength);
  setData(start, theirs + theirsLength - start);
}

// @ts-ignore: decorator
@cold
function setEmptyObject(): bool {
  const room = allocate(2);
  if (!room) return false;
  store<u16>(room, 0x7d7b);
  setData(room, 2);
  return true;
}

function makeDataAPiece(): bool {
  if (!beginPieces(0)) return false;
  add(dataPointer(), dataPointer() + dataLength());
  setData(pieces(), countPieces());
  return true;
}
