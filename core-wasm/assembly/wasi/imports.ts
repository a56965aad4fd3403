// The host interface (docs/host-interface.md) on WASI: what abi/imports.ts declares, by the same names.
// tools/wasi-imports.mjs has the compiler take this file for that one. Everything is answered before it returns, but
// for what is asked of the embedder.

import { recordOutcome } from "../abi/capability-call";
import { resultRecord } from "../abi/result";
import { IO_ERROR, NOT_SUPPORTED, OK } from "../abi/status";
import * as lock from "./lock";
import { inspectLock, inspectionLength, inspectionPointer } from "./lock-inspection";
import { yieldLength, yieldPointer } from "./read-unchanged";
import { KIND_EDIT, KIND_PROCESS_ALIVE, KIND_PROTECT, KIND_UNPROTECT, ask } from "./request";
import * as store from "./store";
import { now, randomBits, sleep } from "./system";

/** `{}` */
const SIGNAL: u16 = 0x7d7b;

/** Of the lock's file or lease, what the system refused last in this operation; `OK`: nothing. */
let lockRefusal: u32 = OK;

let asksAboutProcesses: bool = false;

export function setAsksAboutProcesses(asks: bool): void {
  asksAboutProcesses = asks;
}

export function forgetLockRefusal(): void {
  lockRefusal = OK;
}

export function endedByLock(): bool {
  return lockRefusal != OK && lockRefusal == load<u32>(resultRecord());
}

function noted(status: u32): u32 {
  if (status >= IO_ERROR) lockRefusal = status;
  return status;
}

export function answerStore(op: u32, status: u32): void {
  if (status == store.PENDING) return;
  recordOutcome(op, status, yieldPointer, status == OK ? yieldLength : 0);
}

export function storeStat(op: u32, first: usize, second: usize): void {
  answerStore(op, store.statStore());
}

export function storeRead(op: u32, first: usize, second: usize): void {
  answerStore(op, store.readStore());
}

export function storeReplace(op: u32, pointer: usize, length: usize): void {
  answerStore(op, store.replaceStore(op, pointer, length));
}

export function storeRemove(op: u32, first: usize, second: usize): void {
  answer(op, store.removeStore());
}

export function storeSetAside(op: u32, first: usize, second: usize): void {
  answerStore(op, store.setStoreAside(op));
}

export function cipherProtect(op: u32, pointer: usize, length: usize): void {
  ask(KIND_PROTECT, op, pointer, length, 0);
}

/**
 * The signal of a secret store that keeps the cache elsewhere is nothing saved, as for the hosts in JavaScript
 * (persistence/nothing-saved.ts).
 */
export function cipherUnprotect(op: u32, pointer: usize, length: usize): void {
  if (length == 2 && load<u16>(pointer) == SIGNAL) answer(op, OK);
  else ask(KIND_UNPROTECT, op, pointer, length, 0);
}

export function lockCreate(op: u32, first: usize, second: usize): void {
  answer(op, noted(lock.createLock()));
}

export function lockInspect(op: u32, first: usize, second: usize): void {
  const status = noted(inspectLock());
  recordOutcome(op, status, inspectionPointer, status == OK ? inspectionLength : 0);
}

export function lockTakeOver(op: u32, pointer: usize, length: usize): void {
  answer(op, noted(lock.takeOverLock(pointer)));
}

export function lockCheck(op: u32, first: usize, second: usize): void {
  answer(op, noted(lock.checkLock()));
}

export function lockTouch(op: u32, first: usize, second: usize): void {
  answer(op, noted(lock.touchLock()));
}

export function lockRelease(op: u32, first: usize, second: usize): void {
  answer(op, noted(lock.releaseLock()));
}

/** WASI has nothing that watches a file: the whole time is slept. */
export function lockWait(op: u32, microseconds: u32, second: usize): void {
  sleep(microseconds);
  answer(op, OK);
}

/** Without an embedder that can tell, a process is taken for a living one. */
export function lockProcessAlive(op: u32, pid: u32, second: usize): void {
  if (asksAboutProcesses) ask(KIND_PROCESS_ALIVE, op, 0, 0, pid);
  else answer(op, NOT_SUPPORTED);
}

export function clockSleep(op: u32, microseconds: u32, second: usize): void {
  sleep(microseconds);
  answer(op, OK);
}

export function clockNow(): f64 {
  return <f64>now() / 1e6;
}

export function clockRandom(): f64 {
  return <f64>(randomBits() >> 11) / 9007199254740992.0;
}

export function sessionEdit(op: u32, pointer: usize, length: usize): void {
  ask(KIND_EDIT, op, pointer, length, 0);
}

/** There is nobody to tell: what matters is in the result record. */
export function logWrite(level: u32, code: u32, pointer: usize, length: usize): void {}

function answer(op: u32, status: u32): void {
  recordOutcome(op, status, 0, 0);
}
