// What is stored is known: a load ends here, a commit merges, an update asks for the edit. Then publishing, when there
// is something to publish: protect, check the lock, replace.

import { outcomeFailure, outcomeLength, outcomePointer, outcomeStatus } from "../abi/capability-call";
import {
  FLAG_HAS_DOCUMENT,
  FLAG_UNCHANGED,
  addFlags,
  dataLength,
  dataPointer,
  hasFlag,
  removeFlags,
  setData,
} from "../abi/result";
import { DOCUMENT_TOO_LARGE, IO_ERROR, LOCK_LOST, LOST, NOT_FOUND, OK, PROTECT_FAILED } from "../abi/status";
import { maxDocumentBytes } from "../abi/settings";
import { mergeDocuments } from "../cache/merge";
import { enterAtOnce, enterWith, lookedAt } from "./calls";
import { DAMAGED, SOUND, UNREADABLE, finding, mayLeaveDamage } from "./damage";
import { fail, finish, restart } from "./ending";
import { forgetVersion, rememberVersion } from "./known-version";
import * as operation from "./operation";
import { adoptVersionRead, hasCipher } from "./reading";

let currentPointer: usize = 0;
let currentLength: usize = 0;

/** The plain content that is stored, salvaged if need be; length 0: none. */
export function settled(pointer: usize, length: usize): void {
  currentPointer = pointer;
  currentLength = length;
  if (operation.kind == operation.KIND_LOAD) loaded();
  else if (operation.kind == operation.KIND_UPDATE) enterWith(operation.STAGE_EDIT, pointer, length);
  else mergeInto(operation.basePointer, operation.baseLength);
}

function loaded(): void {
  setData(currentPointer, currentLength);
  if (currentLength != 0) addFlags(FLAG_HAS_DOCUMENT);
  if (finding == DAMAGED) {
    publish();
    return;
  }
  if (finding == UNREADABLE) forgetVersion();
  else adoptVersionRead(currentLength != 0);
  finish(OK);
}

export function onEdited(): void {
  if (outcomeStatus != OK) {
    fail(outcomeFailure());
    return;
  }
  operation.setDocuments(0, 0, outcomePointer, outcomeLength, false);
  mergeInto(currentPointer, currentLength);
}

function mergeInto(base: usize, baseLength: usize): void {
  const status = mergeDocuments(
    base,
    baseLength,
    operation.oursPointer,
    operation.oursLength,
    currentPointer,
    currentLength,
  );
  if (status != OK) {
    fail(status);
    return;
  }
  // "unchanged" relative to what was salvaged; what is stored are other bytes.
  if (finding != SOUND) removeFlags(FLAG_UNCHANGED);
  if (hasFlag(FLAG_UNCHANGED)) {
    adoptVersionRead(currentLength != 0);
    finish(OK);
  } else publish();
}

/** Publishes the data of the result record. What is over the limit nobody could read again. */
function publish(): void {
  if (dataLength() > maxDocumentBytes) {
    fail(DOCUMENT_TOO_LARGE);
    return;
  }
  enterWith(hasCipher() ? operation.STAGE_PROTECT : operation.STAGE_CHECK, dataPointer(), dataLength());
}

export function onProtected(): void {
  if (outcomeStatus != OK) {
    fail(outcomeFailure());
    return;
  }
  if (outcomeLength == 0) {
    fail(PROTECT_FAILED); // it would replace the cache by nothing
    return;
  }
  enterWith(operation.STAGE_CHECK, outcomePointer, outcomeLength);
}

/** The last look before the rename that publishes, or before an application gives the lock back. */
export function onChecked(): void {
  if (operation.kind == operation.KIND_UNLOCK) finish(outcomeStatus == LOST ? LOCK_LOST : OK);
  else if (outcomeStatus == LOST) restart();
  else if (outcomeStatus != OK) fail(outcomeFailure());
  else enterAtOnce(operation.kind == operation.KIND_CLEAR ? operation.STAGE_REMOVE : operation.STAGE_REPLACE);
}

export function onReplaced(): void {
  if (outcomeStatus == LOST) restart();
  else if (outcomeStatus != OK && mayLeaveDamage(outcomeStatus)) loaded();
  else if (outcomeStatus != OK) fail(outcomeFailure());
  else if (!rememberVersion(outcomePointer, outcomeLength, lookedAt, true)) fail(IO_ERROR);
  else finish(OK);
}

/** Ends with `not_found` when there was nothing to remove. */
export function onRemoved(): void {
  if (outcomeStatus != OK && outcomeStatus != NOT_FOUND) {
    fail(outcomeFailure());
    return;
  }
  forgetVersion();
  finish(outcomeStatus);
}
