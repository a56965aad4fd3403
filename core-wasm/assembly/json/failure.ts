// What the scanner found wrong, and where. Scanning functions return the address behind what they accepted, or 0 after
// having called one of these.
import { JSON_UNEXPECTED_BYTE, JSON_UNEXPECTED_END } from "../abi/status";

export let failureStatus: u32 = 0;
export let failureAddress: usize = 0;

export function clearFailure(): void {
  failureStatus = 0;
  failureAddress = 0;
}

/** Reports `status` at `address`, or the end of the document when there is nothing left at `address`. */
// @ts-ignore: decorator
@cold
export function fail(status: u32, address: usize, end: usize): usize {
  const ended = address >= end;
  failureStatus = ended ? JSON_UNEXPECTED_END : status;
  failureAddress = ended ? end : address;
  return 0;
}

// @ts-ignore: decorator
@cold
export function failUnexpected(address: usize, end: usize): usize {
  return fail(JSON_UNEXPECTED_BYTE, address, end);
}
