// The host interface, exports (docs/host-interface.md): checks what a host hands in and passes it on.

import { inspectDocument } from "../cache/inspect";
import { beginDocument, canFollow, follow as followDocument, goesOn } from "../cache/follow";
import { beginMerge, endMerge, mergeDocuments } from "../cache/merge";
import { salvageDocument } from "../cache/salvage";
import { maxStoredBytes, setHashSeed, setMaxDocumentBytes } from "./settings";
import { setLockTimeout } from "../session/acquire";
import { randomWord } from "../session/chance";
import * as operation from "../session/operation";
import { setCipher } from "../session/reading";
import { isPolling, pollOperation, start as startOperation } from "../session/transaction";
import { allocate, isAllocated, resetArena } from "./arena";
import { recordOutcome } from "./capability-call";
import { clearResult, resultRecord, setStatus } from "./result";
import { ABI_VERSION, BAD_ARGUMENT, BAD_STATE, OK, OUT_OF_MEMORY } from "./status";

const ENDED: u32 = 1;
const WAITING: u32 = 0;

/** Between `begin_merge` and `end_merge`. */
let merging: bool = false;
/** A document has begun. */
let isFollowing: bool = false;
let misused: bool = false;

export function abi_version(): u32 {
  return ABI_VERSION;
}

/** Ignored while an operation is under way. */
export function configure(maxBytes: u32, timeoutMs: u32, seed: u64): void {
  if (operation.isUnderWay()) return;
  setMaxDocumentBytes(maxBytes);
  setLockTimeout(timeoutMs);
  setHashSeed(seed);
}

export function configure_cipher(on: u32): void {
  if (!operation.isUnderWay()) setCipher(on != 0);
}

export function alloc(length: u32): usize {
  if (<u64>length > maxStoredBytes()) return 0;
  return allocate(length);
}

export function reset(): void {
  if (isPolling()) return;
  operation.abandonOperation();
  merging = false;
  resetArena();
}

function start(kind: u32): u32 {
  merging = false;
  return startOperation(kind);
}

export function load(): u32 {
  return start(operation.KIND_LOAD);
}

export function commit(base: usize, baseLength: usize, ours: usize, oursLength: usize, baseIsCurrent: u32): u32 {
  if (!isInput(base, baseLength) || !isInput(ours, oursLength)) return BAD_ARGUMENT;
  const status = start(operation.KIND_COMMIT);
  if (status == 0) operation.setDocuments(base, baseLength, ours, oursLength, baseIsCurrent != 0);
  return status;
}

export function update(): u32 {
  return start(operation.KIND_UPDATE);
}

export function clear(): u32 {
  return start(operation.KIND_CLEAR);
}

export function lock(): u32 {
  return start(operation.KIND_LOCK);
}

export function unlock(): u32 {
  return start(operation.KIND_UNLOCK);
}

export function renew(): u32 {
  return start(operation.KIND_RENEW);
}

export function complete(op: u32, status: u32, pointer: usize, length: usize): void {
  recordOutcome(op, status, pointer, length);
}

export function poll(): u32 {
  return pollOperation() ? ENDED : WAITING;
}

export function result(): usize {
  return resultRecord();
}

export function merge(
  base: usize,
  baseLength: usize,
  ours: usize,
  oursLength: usize,
  theirs: usize,
  theirsLength: usize,
): u32 {
  if (operation.isUnderWay()) return BAD_STATE;
  beginPure();
  if (!isInput(base, baseLength) || !isInput(ours, oursLength) || !isInput(theirs, theirsLength)) {
    return ended(BAD_ARGUMENT);
  }
  return ended(mergeDocuments(base, baseLength, ours, oursLength, theirs, theirsLength));
}

/** The merge whose other documents come piece by piece. */
export function begin_merge(theirs: usize, theirsLength: usize): u32 {
  if (operation.isUnderWay()) return BAD_STATE;
  beginPure();
  if (!isInput(theirs, theirsLength)) return ended(BAD_ARGUMENT);
  const status = beginMerge(theirs, theirsLength);
  merging = status == OK;
  isFollowing = false;
  misused = false;
  return ended(status);
}

export function begin_document(document: u32): u32 {
  if (!merging) return BAD_STATE;
  if (!canFollow(document)) return BAD_ARGUMENT;
  isFollowing = beginDocument(document);
  return isFollowing ? OK : OUT_OF_MEMORY;
}

/** What went wrong, `end_merge` reports. */
export function follow(pointer: usize, length: usize): i32 {
  if (!merging || misused) return -1;
  misused = !isFollowing || (pointer ? !isAllocated(pointer, length) : !goesOn(length));
  return misused ? -1 : followDocument(pointer, length);
}

export function end_merge(): u32 {
  if (!merging) return BAD_STATE;
  merging = false;
  return ended(misused ? BAD_ARGUMENT : endMerge());
}

export function salvage(pointer: usize, length: usize): u32 {
  if (operation.isUnderWay()) return BAD_STATE;
  beginPure();
  if (!isInput(pointer, length)) return ended(BAD_ARGUMENT);
  return ended(salvageDocument(pointer, length, randomWord(), randomWord()));
}

export function inspect(pointer: usize, length: usize, nowSeconds: f64): u32 {
  if (operation.isUnderWay()) return BAD_STATE;
  beginPure();
  if (!isInput(pointer, length)) return ended(BAD_ARGUMENT);
  return ended(inspectDocument(pointer, length, nowSeconds));
}

function beginPure(): void {
  clearResult();
  merging = false;
}

function ended(status: u32): u32 {
  setStatus(status);
  return status;
}

/** Pointer 0 stands for an absent document; anything else must lie in the arena. */
function isInput(pointer: usize, length: usize): bool {
  return pointer == 0 ? length == 0 : isAllocated(pointer, length);
}
