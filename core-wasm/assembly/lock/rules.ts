// When is a lock abandoned? The rules in the order in which they apply; docs/lock.md gives the reasons. A wrong "busy"
// costs a wait, a wrong "abandoned" costs data, and even then a take-over proves itself before it succeeds.

import { holderPid } from "./holder";
import { holderLength, holderPointer, isKernelLocked, leaseModifiedAt, modifiedAt } from "./inspection";
import { EVENT_ABANDONED, EVENT_BUSY, EVENT_NAMED } from "./protocol";

/** Between creating the file and writing into it a holder needs microseconds; a suspended one may need longer. */
const EMPTY_GRACE_MS: f64 = 2000;
/** Where times are whole, or even, seconds a file just created looks up to so much older. Found by the simulator. */
const COARSENESS_MS: f64 = 2000;
/** Holders renew every 5 s. Older than this, the process of that number is another one that got it later. */
const NAMED_GRACE_MS: f64 = 30000;
/**
 * Leases are renewed every 2 s. proper-lockfile may date a new one up to 1 s ahead, so a killed holder's is given up
 * after 9 s at the latest: before a waiter's default timeout of 10 s.
 */
const LEASE_GRACE_MS: f64 = 8000;

/** What the recorded inspection means at `now`: busy, named (ask whether the process lives) or abandoned. */
export function judgeInspection(now: f64): u32 {
  if (isKernelLocked()) return EVENT_BUSY;
  if (isYoung(leaseModifiedAt(), now, LEASE_GRACE_MS)) return EVENT_BUSY;
  if (holderLength() == 0) return isYoung(modifiedAt(), now, emptyGrace()) ? EVENT_BUSY : EVENT_ABANDONED;
  // A holder whose text we cannot read gets the same grace as one that lives.
  if (inspectedPid() == 0) return isYoung(modifiedAt(), now, NAMED_GRACE_MS) ? EVENT_BUSY : EVENT_ABANDONED;
  // A time in the future proves nothing about the process, so ask.
  return now - modifiedAt() < NAMED_GRACE_MS ? EVENT_NAMED : EVENT_ABANDONED;
}

/** Of a process about which the host cannot tell. */
export function mayLive(now: f64): bool {
  return isYoung(modifiedAt(), now, NAMED_GRACE_MS);
}

function emptyGrace(): f64 {
  return modifiedAt() % 1000 == 0 ? EMPTY_GRACE_MS + COARSENESS_MS : EMPTY_GRACE_MS;
}

export function inspectedPid(): u32 {
  return holderPid(holderPointer(), holderLength());
}

/**
 * A time as far in the future as the grace reaches back is not young: after a clock was set
 * back it would stay so for ever.
 */
function isYoung(modified: f64, now: f64, grace: f64): bool {
  const age = now - modified;
  return age > -grace && age < grace; // false for NaN: no lease
}
