// Sign-outs (docs/merge.md): where one side removed an account, the credentials it removed along with it stay removed,
// and new ones of the same account and client that the other side brings are dropped. Two keyed sets, so that a
// document with many accounts and many credentials costs one look-up a credential.
import { allocate, mark, releaseTo } from "../abi/arena";
import { DOCUMENT_BASE, DOCUMENT_OURS, DOCUMENT_THEIRS } from "../abi/result";
import { equalBytes, hashBytes } from "../json/bytes";
import { decodeString, decodedStart } from "../json/string-text";
import { hasEscape } from "../json/strings";
import { baseEqualsOurs, baseEqualsTheirs, drop, isTheirsIncomplete } from "./decision";
import { fieldEnd, fieldStart, findStringField } from "./fields";
import { ACCOUNT, ID_TOKEN, REFRESH_TOKEN } from "./sections";
import { Slot, countSlots, firstSlot, has, sideOf } from "./slots";

/** A set of (home_account_id, environment[, client_id]), decoded and joined. */
@unmanaged
class Entry {
  chain: usize;
  hash: u32;
  start: usize;
  end: usize;
  /** The user is still, or again, signed in: no sign-out. */
  void: bool;
}

/** `mask`, then that many buckets and one. */
@unmanaged
class KeySet {
  mask: u32;
}

let accountSet: usize = 0;
let clientSet: usize = 0;
let failed: bool = false;

/** Takes back what sign-outs forbid from the decisions. False when memory could not grow. */
export function applySignOuts(): bool {
  failed = false;
  applyFor(DOCUMENT_OURS, DOCUMENT_THEIRS);
  if (!isTheirsIncomplete()) applyFor(DOCUMENT_THEIRS, DOCUMENT_OURS);
  return !failed;
}

function applyFor(remover: u32, other: u32): void {
  accountSet = 0;
  clientSet = 0;
  for (let address = firstSlot(ACCOUNT); address && !failed; address = changetype<Slot>(address).next) {
    const slot = changetype<Slot>(address);
    if (!isSignedOut(slot, remover, other)) continue;
    if (!accountSet) accountSet = createSet();
    add(accountSet, slot, false);
  }
  if (accountSet) applyToCredentials(remover, other);
}

// @ts-ignore: decorator
@cold
function applyToCredentials(remover: u32, other: u32): void {
  voidWhereStillSignedIn(remover, other);
  for (let section = ID_TOKEN; section <= REFRESH_TOKEN; ++section) collectClients(section, remover);
  for (let section = ID_TOKEN; section <= REFRESH_TOKEN; ++section) applyTo(section, remover, other);
}

function isSignedOut(slot: Slot, remover: u32, other: u32): bool {
  if (!has(slot, DOCUMENT_BASE) || has(slot, remover)) return false;
  return !has(slot, other) || equalsBase(slot, other);
}

// @ts-ignore: decorator
@cold
function createSet(): usize {
  let size: u32 = 8;
  while (size < countSlots()) size <<= 1;
  const room = allocate(<usize>(size + 1) << 2);
  if (room) changetype<KeySet>(room).mask = size - 1;
  else failed = true;
  return room;
}

/**
 * No sign-out of the user where the remover still has another account entity of the user (another tenant), or the other
 * side has signed in again under a new or changed one.
 */
function voidWhereStillSignedIn(remover: u32, other: u32): void {
  for (let address = firstSlot(ACCOUNT); address; address = changetype<Slot>(address).next) {
    const slot = changetype<Slot>(address);
    if (has(slot, remover)) voidEntry(lookUp(accountSet, slot, remover, false));
    if (has(slot, other) && !(has(slot, DOCUMENT_BASE) && equalsBase(slot, other))) {
      voidEntry(lookUp(accountSet, slot, other, false));
    }
  }
}

function voidEntry(entry: Entry | null): void {
  if (entry) entry.void = true;
}

function equalsBase(slot: Slot, document: u32): bool {
  return document == DOCUMENT_THEIRS ? baseEqualsTheirs(slot) : baseEqualsOurs(slot);
}

function collectClients(section: u32, remover: u32): void {
  for (let address = firstSlot(section); address && !failed; address = changetype<Slot>(address).next) {
    const slot = changetype<Slot>(address);
    if (!has(slot, DOCUMENT_BASE) || has(slot, remover)) continue;
    if (!isSignedOutUser(slot, DOCUMENT_BASE)) continue;
    if (!clientSet) clientSet = createSet();
    add(clientSet, slot, true);
  }
}

function applyTo(section: u32, remover: u32, other: u32): void {
  for (let address = firstSlot(section); address && !failed; address = changetype<Slot>(address).next) {
    const slot = changetype<Slot>(address);
    if (!slot.resultStart || has(slot, remover) || !has(slot, other)) continue;
    const forbidden = has(slot, DOCUMENT_BASE)
      ? isSignedOutUser(slot, DOCUMENT_BASE)
      : isSignedOutUser(slot, other) && lookUp(clientSet, slot, other, true) != null;
    if (forbidden) drop(slot);
  }
}

let keyStart: usize = 0;

/**
 * Builds the key of an entity in the arena: each part decoded and followed by a zero byte and its length, so that no
 * two lists of parts give the same key. Returns its end; 0: a part is missing or not a string.
 */
function keyOf(slot: Slot, document: u32, withClient: bool): usize {
  const entity = sideOf(slot, document).valueStart;
  // Decoded parts are not longer than the entity.
  keyStart = allocate(sideOf(slot, document).valueEnd - entity + 48);
  if (!keyStart) {
    failed = true;
    return 0;
  }
  let end = appendPart(keyStart, entity, "home_account_id");
  if (end) end = appendPart(end, entity, "environment");
  if (end && withClient) end = appendPart(end, entity, "client_id");
  return end;
}

function appendPart(target: usize, entity: usize, name: string): usize {
  if (!findStringField(entity, name)) return 0;
  const position = mark();
  let start = fieldStart;
  let end = fieldEnd;
  if (hasEscape(start, end)) {
    end = decodeString(start, end);
    start = decodedStart;
    if (!end) {
      failed = true;
      return 0;
    }
  }
  const length = end - start;
  memory.copy(target, start, length);
  if (mark() != position) releaseTo(position);
  store<u8>(target + length, 0);
  store<u32>(target + length, <u32>length, 1);
  return target + length + 5;
}

function isSignedOutUser(slot: Slot, document: u32): bool {
  const entry = lookUp(accountSet, slot, document, false);
  return entry != null && !entry.void;
}

function lookUp(set: usize, slot: Slot, document: u32, withClient: bool): Entry | null {
  if (!set) return null;
  const position = mark();
  const keyEnd = keyOf(slot, document, withClient);
  const entry = keyEnd ? find(set, keyEnd) : null;
  releaseTo(position);
  return entry;
}

/** Adds the key that base gives the slot. */
// @ts-ignore: decorator
@cold
function add(set: usize, slot: Slot, withClient: bool): void {
  if (!set || lookUp(set, slot, DOCUMENT_BASE, withClient)) return;
  const keyEnd = keyOf(slot, DOCUMENT_BASE, withClient);
  if (!keyEnd) return;
  const room = allocate(offsetof<Entry>());
  if (!room) {
    failed = true;
    return;
  }
  const entry = changetype<Entry>(room);
  entry.start = keyStart;
  entry.end = keyEnd;
  entry.hash = hashBytes(keyStart, keyEnd);
  const bucket = bucketOf(set, entry.hash);
  entry.chain = load<u32>(bucket);
  store<u32>(bucket, <u32>room);
}

function bucketOf(set: usize, hash: u32): usize {
  return set + 4 + (<usize>(hash & changetype<KeySet>(set).mask) << 2);
}

function find(set: usize, keyEnd: usize): Entry | null {
  const hash = hashBytes(keyStart, keyEnd);
  const length = keyEnd - keyStart;
  let address = <usize>load<u32>(bucketOf(set, hash));
  while (address) {
    const entry = changetype<Entry>(address);
    const mayBeIt = entry.hash == hash && entry.end - entry.start == length;
    if (mayBeIt && equalBytes(entry.start, keyStart, length)) return entry;
    address = entry.chain;
  }
  return null;
}
