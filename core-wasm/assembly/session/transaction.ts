// Load, commit, update, clear, lock, unlock, renew as one machine: `start…` begins, `advance` takes one outcome
// further. The order of the steps is in docs/lock.md and in the file of each stage.

import { outcomeFailure, outcomeStatus, takeOutcome } from "../abi/capability-call";
import { clockNow } from "../abi/imports";
import { BAD_STATE, CHANGED, LOCK_LOST, LOCK_NOT_HELD, LOCK_TIMEOUT, LOST, OK } from "../abi/status";
import { canDoWithoutLock, onInspected, resetAbsence } from "./absence";
import { PENDING, advanceAcquire } from "./acquire";
import { enter, enterAtOnce, noteProof, resumePostponed } from "./calls";
import { forgetFinding, mayLeaveDamage, onPaused, onSetAside, readWithoutLock, resetDamage } from "./damage";
import { acquire, attemptAgain, fail, finish, onReleased, resetRestarts, restart } from "./ending";
import { canSkipReading } from "./known-version";
import * as operation from "./operation";
import { onRead, onStat, onUnprotected, resetReading } from "./reading";
import { reportHolder } from "./reports";
import { onChecked, onEdited, onProtected, onRemoved, onReplaced } from "./settling";

let polling: bool = false;

/** A host may not start, reset or poll from inside an import. */
export function isPolling(): bool {
  return polling;
}

export function start(kind: u32): u32 {
  if (polling || operation.isUnderWay()) return BAD_STATE;
  operation.startOperation(kind);
  resetRestarts();
  resetReading();
  resetDamage();
  resetAbsence();
  return OK;
}

/** True: the operation has ended (or none was started). False: it waits for an outcome. */
export function pollOperation(): bool {
  if (polling) return false;
  polling = true;
  if (operation.stage == operation.STAGE_BEGIN) begin();
  while (operation.isUnderWay() && takeOutcome()) advance();
  polling = false;
  return !operation.isUnderWay();
}

function begin(): void {
  switch (operation.kind) {
    case operation.KIND_LOAD:
      enter(operation.STAGE_STAT);
      return;
    case operation.KIND_UNLOCK:
      unlock();
      return;
    case operation.KIND_RENEW:
      if (operation.applicationHoldsLock) enterAtOnce(operation.STAGE_TOUCH);
      else finish(LOCK_NOT_HELD);
      return;
    case operation.KIND_LOCK:
      if (operation.applicationHoldsLock) finish(BAD_STATE);
      else acquire();
      return;
  }
  if (operation.applicationHoldsLock) locked();
  else acquire();
}

/**
 * Only what is held is released, and whoever was not alone is told; the lock of somebody else is none of our business.
 */
function unlock(): void {
  if (!operation.applicationHoldsLock) {
    finish(LOCK_NOT_HELD);
    return;
  }
  operation.setApplicationHoldsLock(false);
  operation.setHoldsLock(true);
  enterAtOnce(operation.STAGE_CHECK);
}

/** The lock is ours: what now? */
function locked(): void {
  forgetFinding();
  switch (operation.kind) {
    case operation.KIND_LOCK:
      operation.setHoldsLock(false);
      operation.setApplicationHoldsLock(true);
      finish(OK);
      return;
    case operation.KIND_CLEAR:
      enter(operation.STAGE_CHECK);
      return;
    case operation.KIND_COMMIT:
      resetDamage();
      enter(operation.baseIsCurrent && canSkipReading() ? operation.STAGE_STAT : operation.STAGE_READ);
      return;
  }
  enter(operation.STAGE_READ);
}

function advance(): void {
  switch (operation.stage) {
    case operation.STAGE_ACQUIRE:
      onAcquire();
      return;
    case operation.STAGE_STAT:
      onStat();
      return;
    case operation.STAGE_READ:
      onRead();
      return;
    case operation.STAGE_UNPROTECT:
      onUnprotected();
      return;
    case operation.STAGE_PAUSE:
      onPaused();
      return;
    case operation.STAGE_SET_ASIDE:
      onSetAside();
      return;
    case operation.STAGE_EDIT:
      onEdited();
      return;
    case operation.STAGE_PROTECT:
      onProtected();
      return;
  }
  advancePublishing();
}

function advancePublishing(): void {
  switch (operation.stage) {
    case operation.STAGE_TOUCH:
      onTouched();
      return;
    case operation.STAGE_CHECK:
      onChecked();
      return;
    case operation.STAGE_REPLACE:
      if (outcomeStatus != CHANGED) onReplaced();
      else if (attemptAgain()) locked();
      return;
    case operation.STAGE_REMOVE:
      onRemoved();
      return;
    case operation.STAGE_RELEASE:
      onReleased();
      return;
    case operation.STAGE_INSPECT:
      onInspected();
      return;
  }
}

function onAcquire(): void {
  const status = advanceAcquire();
  if (status == PENDING) return;
  if (canDoWithoutLock(status) || (status != OK && mayLeaveDamage(status))) {
    readWithoutLock();
    return;
  }
  if (status != OK) {
    if (status == LOCK_TIMEOUT) reportHolder(clockNow());
    fail(status);
    return;
  }
  operation.setHoldsLock(true);
  noteProof();
  locked();
}

function onTouched(): void {
  if (operation.kind == operation.KIND_RENEW) renewed();
  else if (outcomeStatus == OK) {
    noteProof();
    resumePostponed();
  } else if (outcomeStatus == LOST) restart();
  else fail(outcomeFailure());
}

function renewed(): void {
  if (outcomeStatus == OK) {
    noteProof();
    finish(OK);
  } else if (outcomeStatus == LOST) {
    // `release` lets the host drop what it still has open; it removes nothing that is not ours.
    operation.setApplicationHoldsLock(false);
    operation.setHoldsLock(true);
    finish(LOCK_LOST);
  } else finish(outcomeFailure());
}
