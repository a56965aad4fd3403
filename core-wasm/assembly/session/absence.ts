// Nothing is where the cache should be. Where a file that somebody has open is not replaced in one step (NFS, all that
// goes through libfuse: sshfs, ntfs-3g, exFAT) nothing is there for a moment: one of a hundred reads met it, beside a
// process that writes without a pause. Taken for a cache that was removed it is a sign-out of everybody, and what an
// application renews meanwhile is dropped: 3 to 12 of 248 tokens in half of the runs of the demo on ntfs-3g.
//
// Whoever replaces the cache holds the lock. So an instance that knows a document asks for it before it believes that
// there is none any more. One that never saw any must not have to write here to be told so: it looks whether somebody
// holds the lock.

import { outcomeLength, outcomePointer, outcomeStatus } from "../abi/capability-call";
import { clockNow } from "../abi/imports";
import { LOCK_TIMEOUT, OK } from "../abi/status";
import { recordInspection } from "../lock/inspection";
import { EVENT_ABANDONED } from "../lock/protocol";
import { judgeInspection } from "../lock/rules";
import { enter, enterPause } from "./calls";
import { isLockless } from "./damage";
import { acquire } from "./ending";
import { knownDocument } from "./known-version";
import * as operation from "./operation";

/** 5, 10, … 160 ms, 0.3 s in all: a server replaces a file within one or two of its round trips. */
const FIRST_PAUSE_MS: f64 = 5;
const PAUSES: u32 = 6;

let pauses: u32 = 0;
/** Looked for once more than this, it is not there. */
let isLastLook: bool = false;
/** The lock is asked for to be sure, and for nothing else. */
let isAsking: bool = false;

export function resetAbsence(): void {
  pauses = 0;
  isLastLook = false;
  isAsking = false;
}

/** False: there may be something, and the operation looks again. */
export function isAbsent(): bool {
  if (operation.isLocked() || isLastLook) return true;
  isAsking = knownDocument && !isLockless;
  if (isAsking) acquire();
  else enter(operation.STAGE_INSPECT);
  return false;
}

/**
 * To be called when the lock was obtained, or refused with `status`. True: it can do without. Where there can be no
 * lock file, its folder being gone or another user's, a look at it has to do.
 */
export function canDoWithoutLock(status: u32): bool {
  const was = isAsking;
  isAsking = false;
  return was && status != OK && status != LOCK_TIMEOUT;
}

/** Where nobody can tell whether somebody holds the lock it is looked for once more all the same. */
export function onInspected(): void {
  isLastLook = !isHeld() || pauses == PAUSES;
  if (isLastLook) enter(operation.STAGE_READ);
  else enterPause(FIRST_PAUSE_MS * <f64>(1 << pauses++));
}

function isHeld(): bool {
  if (outcomeStatus != OK || !recordInspection(outcomePointer, outcomeLength)) return false;
  return judgeInspection(clockNow()) != EVENT_ABANDONED;
}
