// The module for embedders (docs/wasi.md): operations that run to their end, or to a request.

import { isAllocated } from "../abi/arena";
import { recordOutcome } from "../abi/capability-call";
import * as core from "../abi/exports";
import { clearResult, setFailure, setStatus } from "../abi/result";
import { BAD_ARGUMENT, BAD_STATE, INVALID_LOCATION, LOCK_LOST, LOCK_NOT_HELD, LOST, OK } from "../abi/status";
import { forgetVersion } from "../session/known-version";
import * as operation from "../session/operation";
import { forgetIdentity, setIdentity } from "./identity";
import { answerStore, endedByLock, forgetLockRefusal, setAsksAboutProcesses } from "./imports";
import { isHeld } from "./held-file";
import { releaseLock, touchLock } from "./lock";
import { LEASE, LOCATION, LOCK_FILE, appendText, copyPath, resolve } from "./path";
import { KIND_MAKE_PRIVATE, askedFor, endRequest, isRequested, requestKind, requestRecord } from "./request";
import { abandonNewFile, finishNewFile, forgetKept, setAsksForPrivacy } from "./store";
import { randomBits } from "./system";

const WASI_VERSION: u32 = 1;
const ENDED: u32 = 0;
const REQUESTING: u32 = 1;
const HAS_ENDED: u32 = 1; // as `poll` says it

/** In place of the document that an error is about. */
const ABOUT_LOCK: u32 = 3;

const FLAG_PROTECTED: u32 = 1;
const FLAG_PROCESSES: u32 = 2;
const FLAG_PRIVATE: u32 = 4;
const FLAGS: u32 = 7;
const DEFAULT_MAX_BYTES: u32 = 64 << 20;
const DEFAULT_TIMEOUT: u32 = 0xffffffff;
const DEFAULT_TIMEOUT_MS: u32 = 10000;

let isOpen: bool = false;

export function abi_version(): u32 {
  return core.abi_version();
}

export function wasi_version(): u32 {
  return WASI_VERSION;
}

export function alloc(length: u32): usize {
  return core.alloc(length);
}

/** Ends an operation; one that waits for an answer is given up, and its lock with it. */
export function reset(): void {
  if (operation.isUnderWay()) {
    endRequest();
    abandonNewFile();
    releaseLock();
  }
  core.reset();
}

export function open(path: usize, pathLength: usize, maxBytes: u32, timeoutMs: u32, flags: u32): u32 {
  if (operation.isUnderWay()) return BAD_STATE;
  isOpen = false;
  forgetVersion();
  if (!isAllocated(path, pathLength) || (flags & ~FLAGS) != 0) return BAD_ARGUMENT;
  core.configure(
    maxBytes == 0 ? DEFAULT_MAX_BYTES : maxBytes,
    timeoutMs == DEFAULT_TIMEOUT ? DEFAULT_TIMEOUT_MS : timeoutMs,
    randomBits(),
  );
  core.configure_cipher(flags & FLAG_PROTECTED);
  setAsksAboutProcesses((flags & FLAG_PROCESSES) != 0);
  setAsksForPrivacy((flags & FLAG_PRIVATE) != 0);
  forgetIdentity();
  forgetKept();
  if (!resolve(LOCATION, path, pathLength)) return INVALID_LOCATION;
  copyPath(LOCK_FILE, LOCATION);
  appendText(LOCK_FILE, ".lockfile");
  copyPath(LEASE, LOCK_FILE);
  appendText(LEASE, ".lock");
  isOpen = true;
  return OK;
}

export function identify(pid: u32, name: usize, nameLength: usize): u32 {
  if (!isOpen || operation.isUnderWay()) return BAD_STATE;
  if (nameLength != 0 && !isAllocated(name, nameLength)) return BAD_ARGUMENT;
  setIdentity(pid, name, nameLength);
  return OK;
}

export function load(): u32 {
  return isOpen ? started(core.load()) : refused(BAD_STATE);
}

export function commit(base: usize, baseLength: usize, ours: usize, oursLength: usize): u32 {
  return isOpen ? started(core.commit(base, baseLength, ours, oursLength, 0)) : refused(BAD_STATE);
}

export function update(): u32 {
  return isOpen ? started(core.update()) : refused(BAD_STATE);
}

export function clear(): u32 {
  return isOpen ? started(core.clear()) : refused(BAD_STATE);
}

export function merge(
  base: usize,
  baseLength: usize,
  ours: usize,
  oursLength: usize,
  theirs: usize,
  theirsLength: usize,
): u32 {
  return pure(core.merge(base, baseLength, ours, oursLength, theirs, theirsLength));
}

export function salvage(pointer: usize, length: usize): u32 {
  return pure(core.salvage(pointer, length));
}

export function inspect(pointer: usize, length: usize, nowSeconds: f64): u32 {
  return pure(core.inspect(pointer, length, nowSeconds));
}

export function request(): usize {
  return requestRecord();
}

export function resume(status: u32, pointer: usize, length: usize): u32 {
  if (!isRequested()) return ENDED;
  const kind = requestKind();
  const op = askedFor;
  endRequest();
  if (kind == KIND_MAKE_PRIVATE) answerStore(op, finishNewFile(status));
  else if (length != 0 && !isAllocated(pointer, length)) recordOutcome(op, BAD_ARGUMENT, 0, 0);
  else recordOutcome(op, status, pointer, length);
  return advance();
}

/**
 * While a request is pending. Whoever takes longer than a few seconds for it keeps the lock by this, from a thread or a
 * timer that does not run beside the module. `lock_lost`: the answer will be asked for again.
 */
export function renew(): u32 {
  if (!isRequested()) return BAD_STATE;
  if (!isHeld()) return LOCK_NOT_HELD;
  const status = touchLock();
  return status == LOST ? LOCK_LOST : status;
}

export function result(): usize {
  return core.result();
}

function started(status: u32): u32 {
  if (status != OK) return refused(status);
  forgetLockRefusal();
  return advance();
}

/** An import either answers at once or asks, so what has not ended is asking. */
function advance(): u32 {
  if (core.poll() != HAS_ENDED) return REQUESTING;
  if (endedByLock()) setFailure(ABOUT_LOCK, 0);
  return ENDED;
}

/** What is under way is not disturbed: its status is written when it ends. */
function refused(status: u32): u32 {
  if (!operation.isUnderWay()) clearResult();
  setStatus(status);
  return ENDED;
}

function pure(status: u32): u32 {
  return status == BAD_STATE ? refused(status) : ENDED;
}
