// The one capability call that may be outstanding, and its outcome. `complete` only records; whoever polls consumes.
// A host's mistakes end here: a second outcome, one for another call, or one outside the arena is counted and ignored,
// and a status the table does not know counts as an input/output error.

import { isAllocated } from "./arena";
import { countIgnored } from "./result";
import { DEAD, IO_ERROR, PERSISTENCE_NOT_VERIFIED } from "./status";

let lastOp: u32 = 0;
/** 0: no call is outstanding. */
let outstanding: u32 = 0;
let arrived: bool = false;

export let outcomeStatus: u32 = 0;
export let outcomePointer: usize = 0;
export let outcomeLength: usize = 0;

/**
 * The id for a new call. Ids are not used again (but after 2^32 calls), so an outcome that comes too late matches none.
 */
export function beginCall(): u32 {
  lastOp = lastOp == u32.MAX_VALUE ? 1 : lastOp + 1;
  outstanding = lastOp;
  arrived = false;
  return lastOp;
}

/** Forgets the call: its outcome, should it still come, is ignored. */
export function cancelCall(): void {
  outstanding = 0;
  arrived = false;
}

export function recordOutcome(op: u32, status: u32, pointer: usize, length: usize): void {
  if (outstanding == 0 || op != outstanding || arrived || (length != 0 && !isAllocated(pointer, length))) {
    countIgnored();
    return;
  }
  arrived = true;
  outcomeStatus = isKnown(status) ? status : IO_ERROR;
  outcomePointer = length == 0 ? 0 : pointer; // nothing may lie anywhere, and is looked at where it lies
  outcomeLength = length;
}

/** True once per outcome; the `outcome…` variables hold it until the next. */
export function takeOutcome(): bool {
  if (!arrived) return false;
  cancelCall();
  return true;
}

/**
 * The outcome as the reason why an operation fails: one that is no error but was not to be expected is a host's fault.
 */
export function outcomeFailure(): u32 {
  return outcomeStatus < IO_ERROR ? IO_ERROR : outcomeStatus;
}

function isKnown(status: u32): bool {
  return status <= DEAD || (status >= IO_ERROR && status <= PERSISTENCE_NOT_VERIFIED);
}
