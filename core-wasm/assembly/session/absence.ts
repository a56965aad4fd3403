// Nothing is where the cache should be. Where a file that somebody has open is not replaced in one step (NFS, all that
// goes through libfuse: sshfs, ntfs-3g, exFAT) nothing is there for a moment: one of a hundred reads met it, beside a
// process that writes without a pause. Taken for a cache that was removed it is a sign-out of everybody, and what an
// application renews meanwhile is dropped: 3 to 12 of 248 tokens in half of the runs of the demo on ntfs-3g.
//
// Whoever replaces the cache holds the lock. So an instance that knows a document asks for it before it believes that
// there is none any more. One that never saw any must not have to write here to be told so: it looks whether there
// is a lock file.

import { outcomeStatus } from "../abi/capability-call";
import { OK } from "../abi/status";
import { wasAbandoned } from "./acquire";
import { enter, enterPause } from "./calls";
import { isLockless } from "./damage";
import { acquire } from "./ending";
import { knownDocument } from "./known-version";
import * as operation from "./operation";

/** 5, 10, … 160 ms, 0.3 s in all: a server replaces a file within one or two of its round trips. */
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

/** True: there is nothing. False: there may be something, and the operation goes to look again. */
export function believesAbsence(): bool {
  if (operation.isLocked()) return believesUnderLock();
  if (isLastLook) return true;
  isAsking = knownDocument && !isLockless;
  if (isAsking) acquire();
  else enter(operation.STAGE_INSPECT);
  return false;
}

/** What somebody began to replace who was killed meanwhile, the file system replaces all the same. */
function believesUnderLock(): bool {
  if (!wasAbandoned || pauses == PAUSES) return true;
  enterPause(pauses++);
  return false;
}

/**
 * To be called when the lock was obtained, or refused with `status`. True: it can do without. Where somebody keeps it, or
 * there can be none, its folder being gone or another user's, a look at it has to do.
 */
export function canDoWithoutLock(status: u32): bool {
  const was = isAsking;
  isAsking = false;
  return was && status != OK;
}

/**
 * Whoever the lock file names, and however old it is: that it is abandoned only a take-over proves (found by the
 * simulator, a clock that was set forward). Where nobody can tell whether there is one, it is none.
 */
export function onInspected(): void {
  isLastLook = outcomeStatus != OK || pauses == PAUSES;
  if (isLastLook) enter(operation.STAGE_READ);
  else enterPause(pauses++);
}
