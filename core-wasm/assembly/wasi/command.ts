// msal-cache: looks at cache files and writes to none (docs/wasi.md). Exit codes: 0 done, 1 a document is not what it
// should be, 2 not understood, 3 a file cannot be read or the result not be written.

import { DOCUMENT_BASE, DOCUMENT_OURS, DOCUMENT_THEIRS, dataLength, dataPointer, resultRecord } from "../abi/result";
import { ENCRYPTED, INVALID_LOCATION, IO_ERROR, JSON_UNEXPECTED_END, NOT_A_CACHE, OK, OUT_OF_MEMORY } from "../abi/status";
import { beginText, putByte, putBytes, putText, putUnsigned, textLength, textPointer } from "../abi/text";
import { findStringField, fieldStart, fieldEnd } from "../cache/fields";
import { inspectDocument } from "../cache/inspect";
import { mergeDocuments } from "../cache/merge";
import { canSalvage, salvageDocument } from "../cache/salvage";
import { ACCOUNT } from "../cache/sections";
import { Slot, firstSlot, has, sideOf } from "../cache/slots";
import { validateDocument } from "../cache/validate";
import { setHashSeed } from "../abi/settings";
import { isBlank } from "../session/blank";
import { looksEncrypted } from "../session/encrypted";
import { LOCATION, resolve } from "./path";
import { argument, argumentCount, argumentIs, complain, exit, lengthOfArgument, print, readArguments } from "./process";
import { READ_HEADER, yieldLength, yieldPointer } from "./read-unchanged";
import { statusMessage, statusName } from "./status-text";
import { readStore } from "./store";
import { now, randomBits, sleep } from "./system";

const DONE: u32 = 0;
const REFUSED: u32 = 1;
const NOT_UNDERSTOOD: u32 = 2;
const UNREADABLE: u32 = 3;

/** A peer that writes in place is done by then: 5, 10, 20 ms, as a load does it. */
const PAUSES: u32 = 3;
const FIRST_PAUSE_US: u32 = 5000;
const LINE: u32 = 0x0a;
const QUOTE: u32 = 0x22;
const COMMA: u32 = 0x2c;

/** The document read last. */
let document: usize = 0;
let documentLength: usize = 0;

export function _start(): void {
  readArguments();
  setHashSeed(randomBits());
  const code = run();
  if (code != DONE) exit(code);
}

function run(): u32 {
  if (argumentCount == 3 && argumentIs(1, "inspect")) return inspect();
  if (argumentCount == 3 && argumentIs(1, "verify")) return verify();
  if (argumentCount == 3 && argumentIs(1, "salvage")) return salvage();
  if (argumentCount == 5 && argumentIs(1, "merge")) return merge();
  putUsage();
  if (argumentCount > 1 && (argumentIs(1, "--help") || argumentIs(1, "-h"))) return finish(textPointer(), textLength());
  complain(textPointer(), textLength());
  return NOT_UNDERSTOOD;
}

function putUsage(): void {
  beginText(512);
  putText("usage: msal-cache inspect FILE | verify FILE | salvage FILE | merge BASE OURS THEIRS\n");
  putText("merge and salvage print a document, with its secrets. - stands for a document that there is not.\n");
}

/** JSON, without secrets: of an account only what says whose it is. */
function inspect(): u32 {
  const code = readDocument(2, true);
  if (code != DONE) return code;
  const status = inspectDocument(document, documentLength, <f64>now() / 1e9);
  if (status != OK) return refuse(status, 2);
  const detail = <usize>load<u32>(resultRecord(), 40);
  const length = <usize>load<u32>(resultRecord(), 44);
  // An account that is no object becomes one, "{}"; its key in the document was longer than that.
  if (!beginText(length + documentLength + 64)) return refuse(OUT_OF_MEMORY, 2);
  putBytes(detail, length - lengthOfAccounts());
  putAccounts();
  putText("]}\n");
  return finish(textPointer(), textLength());
}

/** As the inspection ends: the accounts, commas between them, two brackets. */
function lengthOfAccounts(): usize {
  let length: usize = 2;
  let count: usize = 0;
  for (let address = firstSlot(ACCOUNT); address; address = changetype<Slot>(address).next) {
    const slot = changetype<Slot>(address);
    if (!has(slot, DOCUMENT_THEIRS)) continue;
    const side = sideOf(slot, DOCUMENT_THEIRS);
    length += side.valueEnd - side.valueStart;
    count += 1;
  }
  return count > 1 ? length + count - 1 : length;
}

function putAccounts(): void {
  let isFirst = true;
  for (let address = firstSlot(ACCOUNT); address; address = changetype<Slot>(address).next) {
    const slot = changetype<Slot>(address);
    if (!has(slot, DOCUMENT_THEIRS)) continue;
    if (!isFirst) putByte(COMMA);
    isFirst = false;
    const start = textLength();
    putText("{");
    const account = sideOf(slot, DOCUMENT_THEIRS).valueStart;
    putField(account, "home_account_id", start);
    putField(account, "environment", start);
    putField(account, "realm", start);
    putField(account, "username", start);
    putField(account, "name", start);
    putText("}");
  }
}

/** As it is spelled in the document, and never longer than there. */
function putField(account: usize, name: string, start: usize): void {
  if (!findStringField(account, name)) return;
  if (textLength() > start + 1) putByte(COMMA);
  putByte(QUOTE);
  putText(name);
  putText('":"');
  putBytes(fieldStart, fieldEnd - fieldStart);
  putByte(QUOTE);
}

function verify(): u32 {
  const code = readDocument(2, true);
  if (code != DONE) return code;
  beginText(4);
  putText("ok\n");
  return finish(textPointer(), textLength());
}

/**
 * What is whole of a damaged document; a whole one as it is. Nothing is no result: it may be written over what there
 * was.
 */
function salvage(): u32 {
  const code = readDocument(2, false);
  if (code != DONE) return code;
  const damage = statusOf(document, documentLength);
  if (damage == OK) return finish(document, documentLength);
  if (!canSalvage(document, documentLength)) return refuse(damage, 2);
  const status = salvageDocument(document, documentLength, <u32>randomBits(), <u32>randomBits());
  return status == OK ? finish(dataPointer(), dataLength()) : refuse(status, 2);
}

function merge(): u32 {
  let code = readDocument(2, false);
  if (code != DONE) return code;
  const base = document;
  const baseLength = documentLength;
  code = readDocument(3, false);
  if (code != DONE) return code;
  const ours = document;
  const oursLength = documentLength;
  code = readDocument(4, false);
  if (code != DONE) return code;
  const status = mergeDocuments(base, baseLength, ours, oursLength, document, documentLength);
  return status == OK ? finish(dataPointer(), dataLength()) : refuse(status, indexOfRefused());
}

function indexOfRefused(): u32 {
  switch (load<u32>(resultRecord(), 4)) {
    case DOCUMENT_BASE:
      return 2;
    case DOCUMENT_OURS:
      return 3;
  }
  return 4;
}

/** The file that the argument names. `mustBeWhole`: it is read again while it is not, and then refused. */
function readDocument(index: u32, mustBeWhole: bool): u32 {
  document = 0;
  documentLength = 0;
  if (argumentIs(index, "-")) return DONE;
  if (!resolve(LOCATION, argument(index), lengthOfArgument(index))) return fail(INVALID_LOCATION, index);
  for (let pauses: u32 = 0; ; pauses++) {
    const status = readStore();
    if (status != OK) return fail(status, index);
    document = yieldPointer + READ_HEADER;
    documentLength = yieldLength - READ_HEADER;
    if (looksEncrypted(document, documentLength)) return refuse(ENCRYPTED, index);
    const found = mustBeWhole ? statusOf(document, documentLength) : OK;
    if (found == OK) return DONE;
    if (pauses == PAUSES) return refuse(found, index);
    sleep(FIRST_PAUSE_US << pauses);
  }
  return DONE;
}

/** A file without content is not an empty cache: peers truncate before they write. */
function statusOf(pointer: usize, length: usize): u32 {
  if (pointer == 0) return OK;
  return isBlank(pointer, length) ? JSON_UNEXPECTED_END : validateDocument(pointer, length);
}

function refuse(status: u32, index: u32): u32 {
  report(status, index, status > IO_ERROR && status <= NOT_A_CACHE);
  return REFUSED;
}

function fail(status: u32, index: u32): u32 {
  report(status, index, false);
  return UNREADABLE;
}

/** `msal-cache: <file>: <code>: <what it means> At byte <n>.` */
function report(status: u32, index: u32, hasOffset: bool): void {
  const length = lengthOfArgument(index);
  const message = statusMessage(status);
  if (!beginText(length + message.length + 128)) return;
  putText("msal-cache: ");
  putBytes(argument(index), length);
  putText(": ");
  putText(statusName(status));
  putText(": ");
  putText(message);
  if (hasOffset) {
    putText(" At byte ");
    putUnsigned(load<u32>(resultRecord(), 8));
    putText(".");
  }
  putByte(LINE);
  complain(textPointer(), textLength());
}

function finish(pointer: usize, length: usize): u32 {
  if (print(pointer, length)) return DONE;
  beginText(64);
  putText("msal-cache: the result could not be written.\n");
  complain(textPointer(), textLength());
  return UNREADABLE;
}
