// Enters a stage: issues its capability call. The lock is renewed on the way when it has
// not been proved ours for a while.

import { beginCall } from "../abi/capability-call";
import {
  cipherProtect,
  cipherUnprotect,
  clockNow,
  clockSleep,
  lockCheck,
  lockInspect,
  lockRelease,
  lockTouch,
  sessionEdit,
  storeRead,
  storeRemove,
  storeReplace,
  storeSetAside,
  storeStat,
} from "../abi/imports";
import * as operation from "./operation";

/** A contender calls a lock abandoned after 30 s at the earliest; a holder renews far more often than that. */
const RENEW_AFTER_MS: f64 = 1000;

/** Before what is stored is looked at again: whoever writes or replaces it is mostly done by then. */
const FIRST_PAUSE_MS: f64 = 5;

let argumentPointer: usize = 0;
let argumentLength: usize = 0;
let pause: f64 = 0;
let provedAt: f64 = 0;
/** The stage that waits for the renewal. */
let postponed: u32 = 0;

/** A time no later than the moment at which the last version was taken. */
export let lookedAt: f64 = 0;

export function enter(stage: u32): void {
  if (isRenewalDue()) {
    postponed = stage;
    stage = operation.STAGE_TOUCH;
  }
  perform(stage);
}

/** With the bytes that the stages to come work on. They must stay where they are until then. */
export function enterWith(stage: u32, pointer: usize, length: usize): void {
  argumentPointer = pointer;
  argumentLength = length;
  enter(stage);
}

/** 5 ms, then twice as long each time. */
export function enterPause(before: u32): void {
  pause = FIRST_PAUSE_MS * <f64>(1 << before);
  enter(operation.STAGE_PAUSE);
}

/** Without renewal: right after a proof, or when the lock is given up. */
export function enterAtOnce(stage: u32): void {
  perform(stage);
}

export function resumePostponed(): void {
  perform(postponed);
}

export function noteProof(): void {
  provedAt = clockNow();
}

function isRenewalDue(): bool {
  // A load needs the application's lock for nothing, so it does not have to prove it.
  if (operation.kind == operation.KIND_LOAD ? !operation.holdsLock : !operation.isLocked()) return false;
  const since = clockNow() - provedAt;
  return since > RENEW_AFTER_MS || since < -RENEW_AFTER_MS;
}

function perform(stage: u32): void {
  operation.setStage(stage);
  switch (stage) {
    case operation.STAGE_STAT:
      lookedAt = clockNow();
      storeStat(beginCall(), 0, 0);
      return;
    case operation.STAGE_READ:
      operation.discardAttempt();
      lookedAt = clockNow();
      storeRead(beginCall(), 0, 0);
      return;
    case operation.STAGE_UNPROTECT:
      cipherUnprotect(beginCall(), argumentPointer, argumentLength);
      return;
    case operation.STAGE_PAUSE:
      clockSleep(beginCall(), <u32>(pause * 1000), 0);
      return;
    case operation.STAGE_SET_ASIDE:
      storeSetAside(beginCall(), 0, 0);
      return;
    case operation.STAGE_EDIT:
      sessionEdit(beginCall(), argumentPointer, argumentLength);
      return;
    case operation.STAGE_PROTECT:
      cipherProtect(beginCall(), argumentPointer, argumentLength);
      return;
  }
  performOnLock(stage);
}

function performOnLock(stage: u32): void {
  switch (stage) {
    case operation.STAGE_TOUCH:
      lockTouch(beginCall(), 0, 0);
      return;
    case operation.STAGE_CHECK:
      lockCheck(beginCall(), 0, 0);
      return;
    case operation.STAGE_REPLACE:
      lookedAt = clockNow();
      storeReplace(beginCall(), argumentPointer, argumentLength);
      return;
    case operation.STAGE_REMOVE:
      storeRemove(beginCall(), 0, 0);
      return;
    case operation.STAGE_RELEASE:
      lockRelease(beginCall(), 0, 0);
      return;
    case operation.STAGE_INSPECT:
      lockInspect(beginCall(), 0, 0);
      return;
  }
}
