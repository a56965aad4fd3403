// The operation under way: what it is, where it stands, what it was given and whether it holds the lock. The other
// files of this folder move it from stage to stage; a stage is the one capability call whose outcome is awaited.

import { mark, releaseTo } from "../abi/arena";
import { cancelCall } from "../abi/capability-call";
import {
  FLAG_HAS_DOCUMENT,
  FLAG_SALVAGED,
  FLAG_UNCHANGED,
  clearResult,
  removeFlags,
  setCounts,
  setData,
  setDetail,
  setFailure,
  setStatus,
  setWaited,
} from "../abi/result";
import { resetWaited, waited } from "./acquire";
import { wholeMilliseconds } from "./reports";

export const KIND_LOAD: u32 = 1;
export const KIND_COMMIT: u32 = 2;
export const KIND_UPDATE: u32 = 3;
export const KIND_CLEAR: u32 = 4;
export const KIND_LOCK: u32 = 5;
export const KIND_UNLOCK: u32 = 6;
export const KIND_RENEW: u32 = 7;

export const STAGE_IDLE: u32 = 0;
export const STAGE_ENDED: u32 = 1;
export const STAGE_BEGIN: u32 = 2;
export const STAGE_ACQUIRE: u32 = 3;
export const STAGE_STAT: u32 = 4;
export const STAGE_READ: u32 = 5;
export const STAGE_UNPROTECT: u32 = 6;
export const STAGE_PAUSE: u32 = 7;
export const STAGE_SET_ASIDE: u32 = 8;
export const STAGE_EDIT: u32 = 9;
export const STAGE_PROTECT: u32 = 10;
export const STAGE_TOUCH: u32 = 11;
export const STAGE_CHECK: u32 = 12;
export const STAGE_REPLACE: u32 = 13;
export const STAGE_REMOVE: u32 = 14;
export const STAGE_RELEASE: u32 = 15;
export const STAGE_INSPECT: u32 = 16;

export let kind: u32 = 0;
export let stage: u32 = 0; // STAGE_IDLE, as a literal (abi/arena.ts)
/** The arena below this belongs to the host's arguments, above it to the present attempt. */
let attemptMark: usize = 0;

export let basePointer: usize = 0;
export let baseLength: usize = 0;
export let oursPointer: usize = 0;
export let oursLength: usize = 0;
export let baseIsCurrent: bool = false;

/** This operation obtained the lock and has to release it. */
export let holdsLock: bool = false;
/** The application obtained it with `lock()`; operations in between use it and leave it. */
export let applicationHoldsLock: bool = false;

export function isUnderWay(): bool {
  return stage > STAGE_ENDED;
}

export function startOperation(which: u32): void {
  clearResult();
  resetWaited();
  kind = which;
  stage = STAGE_BEGIN;
  holdsLock = false;
  attemptMark = mark();
  setDocuments(0, 0, 0, 0, false);
}

export function setDocuments(base: usize, baseSize: usize, ours: usize, oursSize: usize, isCurrent: bool): void {
  basePointer = base;
  baseLength = baseSize;
  oursPointer = ours;
  oursLength = oursSize;
  baseIsCurrent = isCurrent;
}

export function setStage(next: u32): void {
  stage = next;
}

export function setHoldsLock(holds: bool): void {
  holdsLock = holds;
}

export function setApplicationHoldsLock(holds: bool): void {
  applicationHoldsLock = holds;
}

export function isLocked(): bool {
  return holdsLock || applicationHoldsLock;
}

/** Gives back what the present attempt allocated. */
export function discardAttempt(): void {
  releaseTo(attemptMark);
  setData(0, 0);
  setDetail(0, 0);
  setFailure(0, 0);
  setCounts(0, 0, 0, 0);
  // That a damaged original was set aside stays true.
  removeFlags(FLAG_UNCHANGED | FLAG_SALVAGED | FLAG_HAS_DOCUMENT);
}

export function endOperation(status: u32): void {
  setStatus(status);
  setWaited(wholeMilliseconds(waited));
  stage = STAGE_ENDED;
}

/** The host gives the operation up. A lock it held is the host's to release. */
export function abandonOperation(): void {
  cancelCall();
  stage = STAGE_IDLE;
  holdsLock = false;
}
