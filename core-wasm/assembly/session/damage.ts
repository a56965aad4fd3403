// Stored content that is no document, or is gone where there was one. Perhaps a peer's write in progress: look again
// after moments, then under the lock, and only then believe it, keep the original and save what can be saved.

import { outcomeFailure, outcomeStatus } from "../abi/capability-call";
import { FLAG_SALVAGED, FLAG_SET_ASIDE, addFlags, dataLength, dataPointer, removeFlags, setFailure } from "../abi/result";
import {
  CACHE_DAMAGED,
  CACHE_SALVAGED,
  CACHE_SET_ASIDE,
  DISK_FULL,
  OK,
  PERMISSION_DENIED,
  READ_ONLY,
} from "../abi/status";
import { canSalvage, salvageDocument } from "../cache/salvage";
import { enter, enterPause } from "./calls";
import { randomWord } from "./chance";
import { acquire, fail } from "./ending";
import * as operation from "./operation";
import { LEVEL_WARNING, logDamage, logEvent } from "./reports";
import { settled } from "./settling";

/** 5, 10, 20 ms: a peer that writes in place is done by then. */
const PAUSES: u32 = 3;

export const SOUND: u32 = 0;
/** The store is there and blank: the salvaged document is empty, and storing it is not urgent. */
const EMPTIED: u32 = 1;
/** The stored bytes have to be replaced. */
export const DAMAGED: u32 = 2;
/**
 * A load found bytes of which nothing can be saved, perhaps no cache at all, or may not write here: they stay
 * until somebody has something to store.
 */
export const UNREADABLE: u32 = 3;

/** What this attempt found. */
export let finding: u32 = 0; // SOUND, as a literal (abi/arena.ts)

let pauses: u32 = 0;
/** There can be no lock file here. */
export let isLockless: bool = false;
let damagedPointer: usize = 0;
let damagedLength: usize = 0;

export function resetDamage(): void {
  pauses = 0;
  isLockless = false;
  finding = SOUND;
}

/** A new attempt: what an earlier one found is not there any more. */
export function forgetFinding(): void {
  finding = SOUND;
}

/**
 * Where nothing can be written a load gives what can be saved, and leaves the rest to who may write. True: this is a
 * load, and by `status` it is so. Why nothing was written is logged.
 */
// @ts-ignore: decorator
@cold
export function mayLeaveDamage(status: u32): bool {
  if (operation.kind != operation.KIND_LOAD) return false;
  if (status != PERMISSION_DENIED && status != READ_ONLY && status != DISK_FULL) return false;
  logEvent(LEVEL_WARNING, status);
  finding = UNREADABLE;
  return true;
}

// @ts-ignore: decorator
@cold
export function readWithoutLock(): void {
  forgetFinding();
  isLockless = true;
  enter(operation.STAGE_READ);
}

export function hasPausesLeft(): bool {
  return pauses < PAUSES;
}

export function readAgain(): void {
  enterPause(pauses++);
}

// @ts-ignore: decorator
@cold
export function onPaused(): void {
  if (outcomeStatus == OK) enter(operation.STAGE_READ);
  else fail(outcomeFailure());
}

/** `status` and `offset` say what is wrong; the bytes must stay where they are. */
// @ts-ignore: decorator
@cold
export function suspect(status: u32, offset: u32, pointer: usize, length: usize): void {
  if (hasPausesLeft()) readAgain();
  else if (!operation.isLocked() && !isLockless) acquire();
  else believe(status, offset, pointer, length);
}

function believe(status: u32, offset: u32, pointer: usize, length: usize): void {
  damagedPointer = pointer;
  damagedLength = length;
  finding = findingOf(pointer, length);
  logDamage(LEVEL_WARNING, CACHE_DAMAGED, status, offset);
  setFailure(0, 0);
  if (finding == DAMAGED) enter(operation.STAGE_SET_ASIDE);
  else salvage();
}

function findingOf(pointer: usize, length: usize): u32 {
  if (isLockless) return UNREADABLE;
  if (length == 0) return EMPTIED;
  return operation.kind == operation.KIND_LOAD && !canSalvage(pointer, length) ? UNREADABLE : DAMAGED;
}

// @ts-ignore: decorator
@cold
export function onSetAside(): void {
  if (outcomeStatus == OK) {
    addFlags(FLAG_SET_ASIDE);
    logEvent(LEVEL_WARNING, CACHE_SET_ASIDE);
  } else if (!mayLeaveDamage(outcomeStatus)) {
    fail(outcomeFailure()); // nothing is written over an original that could not be kept
    return;
  }
  salvage();
}

function salvage(): void {
  if (!isSalvaged(damagedPointer, damagedLength)) return;
  logEvent(LEVEL_WARNING, CACHE_SALVAGED);
  settled(dataPointer(), dataLength());
}

/** Into the result record; false: the operation has failed. */
function isSalvaged(pointer: usize, length: usize): bool {
  const status = salvageDocument(pointer, length, randomWord(), randomWord());
  if (status != OK) fail(status);
  return status == OK;
}

/**
 * A blank file that this process has never seen otherwise. Perhaps nothing was ever stored; perhaps a peer
 * was killed between truncating it and writing, and others know what it held: without the marker they
 * would take all of it for removed.
 */
// @ts-ignore: decorator
@cold
export function fillBlank(): void {
  finding = EMPTIED;
  if (!isSalvaged(0, 0)) return;
  removeFlags(FLAG_SALVAGED);
  settled(dataPointer(), dataLength());
}
