// The version of the store that this instance last read or wrote, and whether an equal one seen later proves that
// nothing changed (git's "racily clean" rule). These globals outlive an operation; they hold no secrets.

import { clockNow } from "../abi/imports";

/** A writer may change a file twice within one tick of its clock and leave the same modification time. */
const GRANULARITY_MS: f64 = 20;
/** FAT, HFS+ and some network file systems count whole (or even) seconds. */
const COARSE_GRANULARITY_MS: f64 = 2000;
/** By how much the clock that dates files, which may be a server's, and ours may differ. Found by the simulator. */
const CLOCK_DIFFERENCE_MS: f64 = 2000;

const VERSION_SIZE: usize = 24;
/** Behind the version of what was just written there may be 8 bytes of flags. */
const FLAGGED_SIZE: usize = 32;
/** No write but this one can have left, or will leave, the same three numbers. */
const UNIQUE: u64 = 1;

let modified: u64 = 0;
let size: u64 = 0;
let inode: u64 = 0;
/** When this version had been seen for the first time, by our clock. */
let firstSeenAt: f64 = 0;
let known: bool = false;
let trusted: bool = false;

/** Did the store hold a document when this instance last looked? */
export let knownDocument: bool = false;

export function forgetVersion(): void {
  known = false;
  trusted = false;
  knownDocument = false;
}

/**
 * `seenAt`: a time no later than the moment the version was taken. False: the record is malformed, nothing is known.
 */
export function rememberVersion(pointer: usize, length: usize, seenAt: f64, hasDocument: bool): bool {
  const isAnother = !known || length < VERSION_SIZE || !isKnown(pointer);
  const wasTrusted = !isAnother && trusted;
  forgetVersion();
  if (length < VERSION_SIZE) return false;
  modified = load<u64>(pointer);
  size = load<u64>(pointer, 8);
  inode = load<u64>(pointer, 16);
  if (isAnother) firstSeenAt = clockNow();
  known = true;
  trusted = wasTrusted || isUnique(pointer, length) || isSettled(seenAt);
  knownDocument = hasDocument;
  return true;
}

/**
 * Somebody was killed who held the lock: with a secret store, perhaps between writing the item and touching
 * the file whose version this is.
 */
export function distrustVersion(): void {
  trusted = false;
}

export function canSkipReading(): bool {
  return known && trusted;
}

/** Does the record show the known version, and may that be believed? */
export function isUnchanged(pointer: usize, length: usize): bool {
  return canSkipReading() && length >= VERSION_SIZE && isKnown(pointer);
}

function isKnown(pointer: usize): bool {
  return load<u64>(pointer) == modified && load<u64>(pointer, 8) == size && load<u64>(pointer, 16) == inode;
}

function isUnique(pointer: usize, length: usize): bool {
  return length >= FLAGGED_SIZE && (load<u64>(pointer, VERSION_SIZE) & UNIQUE) != 0;
}

/**
 * The tick in which it was written is over: it had been seen a tick ago, or its time is past
 * whatever the clocks' difference.
 */
function isSettled(seenAt: f64): bool {
  if (modified == 0) return false; // a store without modification times: read again
  const granularity = modified % 1000000000 == 0 ? COARSE_GRANULARITY_MS : GRANULARITY_MS;
  if (seenAt - firstSeenAt >= granularity) return true;
  return seenAt - <f64>modified / 1000000.0 >= granularity + CLOCK_DIFFERENCE_MS;
}
