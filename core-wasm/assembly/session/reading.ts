// What is stored, as plain content: stat, read, unprotect, judge. Goes on in settling.ts when it is a document or
// nothing, in damage.ts when it is neither.

import { outcomeFailure, outcomeLength, outcomePointer, outcomeStatus } from "../abi/capability-call";
import { FLAG_HAS_DOCUMENT, FLAG_UNCHANGED, addFlags, resultRecord } from "../abi/result";
import {
  DOCUMENT_TOO_LARGE,
  ENCRYPTED,
  IO_ERROR,
  JSON_TOO_DEEP,
  JSON_UNEXPECTED_END,
  NOT_FOUND,
  OK,
  UNPROTECT_FAILED,
} from "../abi/status";
import { maxDocumentBytes } from "../abi/settings";
import { skipByteOrderMark } from "../cache/document-start";
import { validateDocument } from "../cache/validate";
import { believesAbsence } from "./absence";
import { isBlank } from "./blank";
import { looksEncrypted } from "./encrypted";
import { enter, enterWith, lookedAt } from "./calls";
import { fillBlank, hasPausesLeft, readAgain, suspect } from "./damage";
import { fail, finish } from "./ending";
import { forgetVersion, isUnchanged, knownDocument, rememberVersion } from "./known-version";
import * as operation from "./operation";
import { settled } from "./settling";

/** A version (24 bytes) and 8 bytes of zero, so that the content is aligned. */
const READ_HEADER: usize = 32;

let cipherOn: bool = false;
/** The version that came with the content; 0: none was read. */
let versionPointer: usize = 0;
let versionAt: f64 = 0;

export function setCipher(on: bool): void {
  cipherOn = on;
}

export function hasCipher(): bool {
  return cipherOn;
}

export function resetReading(): void {
  versionPointer = 0;
}

/**
 * From here on the version that was read is the known one. Not earlier: if the operation fails, its caller still holds
 * the content of the version before, and may say so in the next commit (`baseIsCurrent`).
 */
export function adoptVersionRead(hasDocument: bool): void {
  if (versionPointer != 0) rememberVersion(versionPointer, READ_HEADER, versionAt, hasDocument);
}

export function onStat(): void {
  if (outcomeStatus == NOT_FOUND) nothingFound();
  else if (outcomeStatus != OK) fail(outcomeFailure());
  else if (!isUnchanged(outcomePointer, outcomeLength)) enter(operation.STAGE_READ);
  else if (operation.kind == operation.KIND_LOAD) unchangedSinceLoad();
  else if (!knownDocument) fillBlank();
  else settled(operation.basePointer, operation.baseLength);
}

function unchangedSinceLoad(): void {
  addFlags(knownDocument ? FLAG_UNCHANGED | FLAG_HAS_DOCUMENT : FLAG_UNCHANGED);
  finish(OK);
}

function nothingFound(): void {
  if (!believesAbsence()) return;
  forgetVersion();
  versionPointer = 0;
  settled(0, 0);
}

export function onRead(): void {
  if (outcomeStatus == NOT_FOUND) nothingFound();
  else if (outcomeStatus != OK) fail(outcomeFailure());
  else if (outcomeLength < READ_HEADER) fail(IO_ERROR);
  else unwrap(outcomePointer + READ_HEADER, outcomeLength - READ_HEADER);
}

function unwrap(pointer: usize, length: usize): void {
  versionPointer = outcomePointer;
  versionAt = lookedAt;
  if (!cipherOn && looksEncrypted(pointer, length)) fail(ENCRYPTED);
  else if (cipherOn && !isBlank(pointer, length)) enterWith(operation.STAGE_UNPROTECT, pointer, length);
  else judge(pointer, length);
}

export function onUnprotected(): void {
  if (outcomeStatus == OK) judge(outcomePointer, outcomeLength);
  // Half a ciphertext may become a whole one; what stays unreadable is never salvaged, the key may be the wrong one.
  else if (outcomeStatus == UNPROTECT_FAILED && hasPausesLeft()) readAgain();
  else fail(outcomeFailure());
}

function judge(pointer: usize, length: usize): void {
  if (length > <usize>maxDocumentBytes) {
    fail(DOCUMENT_TOO_LARGE);
    return;
  }
  if (isBlank(pointer, length)) {
    if (knownDocument) suspect(JSON_UNEXPECTED_END, 0, 0, 0);
    else if (operation.kind == operation.KIND_LOAD) settled(0, 0);
    else fillBlank();
    return;
  }
  const status = validateDocument(pointer, length);
  if (status == OK) settleDocument(pointer, length);
  // No damage: whoever wrote it can read it, and salvage would drop what stands behind.
  else if (status == JSON_TOO_DEEP) fail(status);
  else suspect(status, load<u32>(resultRecord(), 8), pointer, length);
}

/** Without its byte order mark, which many a parser refuses. */
function settleDocument(pointer: usize, length: usize): void {
  const start = skipByteOrderMark(pointer, length);
  settled(start, pointer + length - start);
}
