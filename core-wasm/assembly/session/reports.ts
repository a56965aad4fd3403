// Texts for people: the detail of a lock timeout and the entries of the log. JSON, never a secret.

import { logWrite } from "../abi/imports";
import { setDetail } from "../abi/result";
import {
  QUOTED_MAX,
  beginText,
  discardText,
  putByte,
  putForeign,
  putText,
  putUnsigned,
  textLength,
  textPointer,
} from "../abi/text";
import { hasInspection, holderLength, holderPointer, modifiedAt } from "../lock/inspection";
import { inspectedPid } from "../lock/rules";

export const LEVEL_WARNING: u32 = 1;
export const LEVEL_VERBOSE: u32 = 3;

const CLOSE: u32 = 0x7d;
/** The literals and the numbers around the holder's text. */
const FRAME: usize = 96;

/** Says in the result who holds the lock; nothing when the lock file was never seen. */
export function reportHolder(now: f64): void {
  if (writeHolder(now)) setDetail(textPointer(), textLength());
}

// @ts-ignore: decorator
@cold
export function logHolder(level: u32, code: u32, now: f64): void {
  if (!writeHolder(now)) {
    logWrite(level, code, 0, 0);
    return;
  }
  logWrite(level, code, textPointer(), textLength());
  discardText();
}

export function logEvent(level: u32, code: u32): void {
  logWrite(level, code, 0, 0);
}

/** What is wrong with a damaged document, and at which byte. */
// @ts-ignore: decorator
@cold
export function logDamage(level: u32, code: u32, status: u32, offset: u32): void {
  if (!beginText(FRAME)) return;
  putText('{"status":');
  putUnsigned(status);
  putText(',"offset":');
  putUnsigned(offset);
  putByte(CLOSE);
  logWrite(level, code, textPointer(), textLength());
  discardText();
}

function writeHolder(now: f64): bool {
  if (!hasInspection() || !beginText(holderLength() * QUOTED_MAX + FRAME)) return false;
  putText('{"holder":"');
  const pid = inspectedPid();
  // All members of the family begin with a number. What does not may be anything: the cache itself, where somebody
  // took its path for the lock file's.
  if (pid != 0) putForeign(holderPointer(), holderLength());
  putText('","pid":');
  putUnsigned(pid);
  putText(',"ageMs":');
  putUnsigned(wholeMilliseconds(now - modifiedAt()));
  putByte(CLOSE);
  return true;
}

/** Anything a clock may yield as a count: negative and undefined ages are 0. */
export function wholeMilliseconds(value: f64): u32 {
  if (!(value > 0)) return 0;
  return value < 4294967295.0 ? <u32>value : u32.MAX_VALUE;
}
