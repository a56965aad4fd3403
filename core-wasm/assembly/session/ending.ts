// The ways out of an operation that may hold the lock: done, failed, or begun again because the lock was lost.

import { outcomeStatus } from "../abi/capability-call";
import { countRestart, removeFlags, setData, FLAG_HAS_DOCUMENT, FLAG_UNCHANGED } from "../abi/result";
import { CACHE_CHANGED_BEFORE_PUBLISHING, LOCK_LOST, LOCK_LOST_BEFORE_PUBLISHING, OK } from "../abi/status";
import { startAcquire } from "./acquire";
import { enterAtOnce } from "./calls";
import * as operation from "./operation";
import { LEVEL_WARNING, logEvent } from "./reports";

/** Whoever loses the lock this often meets a peer that respects no lock at all. */
const RESTARTS_MAX: u32 = 10;

let endStatus: u32 = 0;
let beginsAgain: bool = false;
let restarts: u32 = 0;

export function resetRestarts(): void {
  restarts = 0;
  beginsAgain = false;
}

/** Ends with `status`, after releasing what this operation holds. */
export function finish(status: u32): void {
  endStatus = status;
  if (operation.holdsLock) enterAtOnce(operation.STAGE_RELEASE);
  else operation.endOperation(status);
}

export function fail(status: u32): void {
  setData(0, 0);
  removeFlags(FLAG_UNCHANGED | FLAG_HAS_DOCUMENT);
  finish(status);
}

/** The lock is not ours any more. Nothing has been published: merging again on what is stored now is harmless. */
// @ts-ignore: decorator
@cold
export function restart(): void {
  logEvent(LEVEL_WARNING, LOCK_LOST_BEFORE_PUBLISHING);
  const wasApplication = operation.applicationHoldsLock;
  operation.setApplicationHoldsLock(false);
  operation.setHoldsLock(true); // the host still has a descriptor of it, and drops that in `release`
  if (wasApplication || restarts >= RESTARTS_MAX) {
    // What an application did under its own lock cannot be done again for it.
    fail(LOCK_LOST);
    return;
  }
  discardAttempt();
  beginsAgain = true;
  enterAtOnce(operation.STAGE_RELEASE);
}

/**
 * Somebody who does not ask for the lock has written since the content was read. Nothing has been published, and
 * the lock is still ours: true when the operation goes on from there. False: it has failed, for who writes so
 * often leaves no room for anybody.
 */
// @ts-ignore: decorator
@cold
export function attemptAgain(): bool {
  logEvent(LEVEL_WARNING, CACHE_CHANGED_BEFORE_PUBLISHING);
  if (restarts >= RESTARTS_MAX) {
    fail(LOCK_LOST);
    return false;
  }
  discardAttempt();
  return true;
}

function discardAttempt(): void {
  restarts += 1;
  countRestart();
  operation.discardAttempt();
}

/** A release that fails does not undo what was published: it is logged, except where releasing was the whole point. */
export function onReleased(): void {
  operation.setHoldsLock(false);
  if (beginsAgain) {
    beginsAgain = false;
    acquire();
    return;
  }
  if (outcomeStatus != OK) {
    if (operation.kind == operation.KIND_UNLOCK && endStatus == OK) endStatus = outcomeStatus;
    else logEvent(LEVEL_WARNING, outcomeStatus);
  }
  operation.endOperation(endStatus);
}

export function acquire(): void {
  operation.setStage(operation.STAGE_ACQUIRE);
  startAcquire();
}
