// Obtains the lock: performs the actions of lock/protocol.ts and turns what comes of them into its events.

import { beginCall, outcomeFailure, outcomeLength, outcomePointer, outcomeStatus } from "../abi/capability-call";
import {
  clockNow,
  lockCreate,
  lockInspect,
  lockProcessAlive,
  lockTakeOver,
  lockWait,
} from "../abi/imports";
import { countTakeOver } from "../abi/result";
import {
  ALIVE,
  BUSY,
  CHANGED,
  DEAD,
  EXISTS,
  IO_ERROR,
  LOCK_TAKEN_OVER,
  LOCK_TIMEOUT,
  LOCK_WAITING,
  NOT_FOUND,
  OK,
} from "../abi/status";
import { waitFor } from "../lock/backoff";
import { forgetInspection, inspectionLength, inspectionPointer, recordInspection } from "../lock/inspection";
import * as protocol from "../lock/protocol";
import { inspectedPid, judgeInspection, mayLive } from "../lock/rules";
import { randomFraction } from "./chance";
import { distrustVersion } from "./known-version";
import { LEVEL_VERBOSE, LEVEL_WARNING, logHolder } from "./reports";

/** What `advanceAcquire` returns while it is not decided; otherwise `OK` or the status that ended it. */
export const PENDING: u32 = 0xffff;

/** No step takes longer by itself: a pause is 50 ms at most, in a long line ten times as long. */
const LONGEST_STEP_MS: f64 = 2000;

let timeout: f64 = 10000;
let state: u32 = 0; // STATE_FREE, as a literal (abi/arena.ts)
let failure: u32 = 0;
let rounds: u32 = 0;
let lookedAt: f64 = 0;

/**
 * The lock, or one before it, was that of somebody who was killed, or only seemed to be: who was set aside may still be
 * replacing the cache, also where a third was quicker and has gone again (found by the simulator: a clock that was set
 * forward, a file system that replaces in two steps).
 */
export let wasAbandoned: bool = false;

/** Milliseconds this operation has spent on waiting for the lock, over all its restarts. */
export let waited: f64 = 0;

export function setLockTimeout(milliseconds: u32): void {
  timeout = <f64>milliseconds;
}

export function resetWaited(): void {
  waited = 0;
  forgetInspection();
}

export function startAcquire(): void {
  state = protocol.STATE_FREE;
  wasAbandoned = false;
  rounds = 0;
  lookedAt = clockNow();
  apply(protocol.EVENT_START);
}

/** To be called with each outcome. */
export function advanceAcquire(): u32 {
  countTime();
  apply(eventOf(outcomeStatus));
  if (state == protocol.STATE_HELD) return OK;
  return state == protocol.STATE_FAILED ? failure : PENDING;
}

/**
 * Adds up differences, so that a clock that is set, or a machine that has slept, changes the
 * wait by no more than one of them.
 */
function countTime(): void {
  const now = clockNow();
  if (now > lookedAt) waited += min(now - lookedAt, LONGEST_STEP_MS);
  lookedAt = now;
}

function apply(event: u32): void {
  const next = protocol.transition(state, event);
  state = protocol.stateOf(next);
  perform(protocol.actionOf(next));
}

function perform(action: u32): void {
  switch (action) {
    case protocol.ACTION_CREATE:
      lockCreate(beginCall(), 0, 0);
      return;
    case protocol.ACTION_INSPECT:
      lockInspect(beginCall(), 0, 0);
      return;
    case protocol.ACTION_ASK:
      lockProcessAlive(beginCall(), inspectedPid(), 0);
      return;
    case protocol.ACTION_TAKE_OVER:
      wasAbandoned = true;
      lockTakeOver(beginCall(), inspectionPointer(), inspectionLength());
      return;
    case protocol.ACTION_WAIT:
      waitOrExpire();
      return;
    case protocol.ACTION_TIME_OUT:
      failure = LOCK_TIMEOUT;
      return;
  }
}

function waitOrExpire(): void {
  if (waited >= timeout) {
    apply(protocol.EVENT_EXPIRED);
    return;
  }
  if (rounds == 0) logHolder(LEVEL_VERBOSE, LOCK_WAITING, lookedAt);
  const pause = waitFor(rounds++, randomFraction(), timeout - waited);
  lockWait(beginCall(), <u32>ceil(pause * 1000), 0);
}

function eventOf(status: u32): u32 {
  failure = outcomeFailure();
  switch (state) {
    case protocol.STATE_CREATING:
    case protocol.STATE_CREATING_AGAIN:
      if (status == OK) return protocol.EVENT_CREATED;
      return status == EXISTS ? protocol.EVENT_EXISTS : protocol.EVENT_ERROR;
    case protocol.STATE_INSPECTING:
      return inspected(status);
    case protocol.STATE_ASKING:
      if (status == ALIVE || status == DEAD) return status == DEAD ? protocol.EVENT_DEAD : protocol.EVENT_ALIVE;
      // A host that cannot tell is not evidence of a death.
      return mayLive(lookedAt) ? protocol.EVENT_ALIVE : protocol.EVENT_DEAD;
    case protocol.STATE_TAKING_OVER:
      return takenOver(status);
    case protocol.STATE_WAITING:
      return status == OK ? protocol.EVENT_WOKEN : protocol.EVENT_ERROR;
  }
  return protocol.EVENT_ERROR;
}

// @ts-ignore: decorator
@cold
function inspected(status: u32): u32 {
  if (status == NOT_FOUND) return protocol.EVENT_GONE;
  if (status != OK) return protocol.EVENT_ERROR;
  if (recordInspection(outcomePointer, outcomeLength)) return judgeInspection(lookedAt);
  failure = IO_ERROR;
  return protocol.EVENT_ERROR;
}

// @ts-ignore: decorator
@cold
function takenOver(status: u32): u32 {
  if (status == OK) {
    countTakeOver();
    distrustVersion();
    logHolder(LEVEL_WARNING, LOCK_TAKEN_OVER, lookedAt);
    return protocol.EVENT_TAKEN;
  }
  if (status == BUSY) return protocol.EVENT_BUSY;
  return status == CHANGED ? protocol.EVENT_CHANGED : protocol.EVENT_ERROR;
}
