// Takes ours and base piece by piece and keeps only what differs from theirs (scanned before): bytes that go on as
// theirs does are compared and forgotten, and of what was the same, stretches of whole entities are kept as references.
// After a difference the next name of an entity that theirs has tells where to go on comparing. What this finds decides
// how much is kept, never what it means.
import { mark, releaseTo } from "../abi/arena";
import { DOCUMENT_BASE, DOCUMENT_OURS, DOCUMENT_THEIRS } from "../abi/result";
import { BACKSLASH, COLON, OPEN_BRACE, QUOTE, commonLength, equalBytes, hashBytes, skipSpace } from "../json/bytes";
import { skipPlain } from "../json/strings";
import { beginKeeping, clearKept, countFollowed, keep, keepReference, keepingFailed } from "./kept";
import { isBehind, stretchEnd, stretchStart } from "./references";
import { SECTION_COUNT } from "./sections";
import { Slot, countSlots, findSlot, firstSlot, has, sideOf } from "./slots";

/**
 * After so many names in a row that led to no reference, the document is formatted
 * differently: the rest is kept as it is.
 */
const MAX_VAIN: u32 = 8;
/** Shorter stretches are kept as they are: a reference has to be shorter than what it stands for. */
const MIN_STRETCH: usize = 64;

let theirsStart: usize = 0;
let theirsEnd: usize = 0;
/** The document that is followed. */
let following: u32 = 0;
/** The place in theirs where the document is; 0: it has gone its own way. */
let place: usize = 0;
/** Where in theirs the bytes begin that were the same and are not kept yet. */
let runStart: usize = 0;
/** The first entity of theirs at or behind `runStart`, if any. */
let runSlot: usize = 0;
/** Names in a row that led to no reference. */
let vain: u32 = 0;

/** Theirs is [start, end), and is in the slots. */
export function beginFollowing(start: usize, end: usize): void {
  clearKept();
  following = DOCUMENT_THEIRS;
  place = 0;
  theirsStart = start;
  theirsEnd = end;
}

/** Each document is followed in one go, ours before base. */
export function canFollow(document: u32): bool {
  if (document == DOCUMENT_BASE) return following != DOCUMENT_BASE;
  return document == DOCUMENT_OURS && following == DOCUMENT_THEIRS;
}

/** What comes next is of this document. False when memory could not grow. */
export function beginDocument(document: u32): bool {
  if (!endFollowing()) return false;
  following = document;
  beginKeeping(document);
  vain = 0;
  startRun(theirsStart, firstEntity(theirsStart));
  return !keepingFailed;
}

/** Is a document followed, and does theirs go on for so many bytes? */
export function goesOn(length: usize): bool {
  return place != 0 && length <= theirsEnd - place;
}

/**
 * The next bytes of the document; address 0: they are those with which theirs goes on. Returns where theirs goes on
 * with what comes next, as an offset; -1: the two have parted.
 */
export function follow(address: usize, length: usize): i32 {
  countFollowed(following, length);
  if (address) {
    const end = address + length;
    while (address < end && !keepingFailed) address = place ? compare(address, end) : search(address, end);
  } else place += length;
  return place ? <i32>(place - theirsStart) : -1;
}

/** Nothing more comes. False when memory could not grow. */
export function endFollowing(): bool {
  if (place && !keepingFailed) keepRun();
  place = 0;
  return !keepingFailed;
}

function startRun(start: usize, slot: usize): void {
  runStart = start;
  runSlot = slot;
  place = start;
}

/** Goes along with theirs as far as the bytes are the same. Returns where they are not. */
function compare(address: usize, end: usize): usize {
  const rest = min(end - address, theirsEnd - place);
  const same = commonLength(address, place, rest);
  place += same;
  address += same;
  return address < end ? part(address, end) : address;
}

/** The two differ here. Where something was replaced by as many bytes, they go on alike at the next entity. */
function part(address: usize, end: usize): usize {
  const from = place;
  const next = keepRun();
  place = 0;
  if (!next) return address;
  const start = stretchStart(changetype<Slot>(next));
  const length = sideOf(changetype<Slot>(next), DOCUMENT_THEIRS).nameEnd + 1 - start;
  if (start <= from || start - from + length > end - address) return address;
  const there = address + (start - from);
  if (!equalBytes(there, start, length)) return address;
  keep(following, address, there);
  startRun(start, next);
  return there;
}

/** Looks for the name of an entity of theirs, and keeps what is before it. Returns where to go on. */
function search(address: usize, end: usize): usize {
  let nameStart: usize = 0;
  const from = countSlots() && vain < MAX_VAIN ? address : end;
  for (let at = skipPlain(from); at < end; at = skipPlain(at + 1)) {
    const byte = load<u8>(at);
    if (byte == BACKSLASH) ++at;
    if (byte != QUOTE) continue;
    const slot = nameStart && isObjectNext(at + 1) ? lookUp(nameStart, at) : 0;
    if (slot) {
      keep(following, address, nameStart - 1);
      startRun(stretchStart(changetype<Slot>(slot)), slot);
      place += at + 1 - (nameStart - 1);
      return at + 1;
    }
    nameStart = at + 1;
  }
  keep(following, address, end);
  return end;
}

/** Does an object follow the name, as it does with entities? */
function isObjectNext(address: usize): bool {
  address = skipSpace(address);
  return load<u8>(address) == COLON && load<u8>(skipSpace(address + 1)) == OPEN_BRACE;
}

/** The entity of theirs that is spelt so, in whichever section; 0: none. */
function lookUp(nameStart: usize, nameEnd: usize): usize {
  const position = mark();
  const hash = hashBytes(nameStart, nameEnd);
  let found: usize = 0;
  for (let section: u32 = 0; section < SECTION_COUNT && !found; ++section) {
    const slot = findSlot(section, nameStart, nameEnd, hash + section, false);
    if (slot && isSpelt(slot, nameStart, nameEnd)) found = changetype<usize>(slot);
  }
  if (mark() != position) releaseTo(position);
  return found;
}

/** Not one of a section that theirs repeats later: what it said before does not count. */
function isSpelt(slot: Slot, nameStart: usize, nameEnd: usize): bool {
  if (!has(slot, DOCUMENT_THEIRS)) return false;
  const side = sideOf(slot, DOCUMENT_THEIRS);
  const length = nameEnd - nameStart;
  return side.nameEnd - side.nameStart == length && equalBytes(side.nameStart, nameStart, length);
}

/**
 * Keeps the bytes of theirs from `runStart` to `place`: whole entities as references, the rest as
 * it is. Returns the next entity.
 */
function keepRun(): usize {
  let kept = runStart;
  let seen = runStart;
  let slot = runSlot;
  ++vain;
  while (slot) {
    const first = changetype<Slot>(slot);
    const last = lastOfStretch(first, seen);
    if (!last) break;
    seen = stretchEnd(last);
    if (seen - stretchStart(first) >= MIN_STRETCH) {
      keep(following, kept, stretchStart(first));
      keepReference(following, first, last);
      kept = seen;
      vain = 0;
    }
    slot = entityAfter(last);
  }
  keep(following, kept, place);
  return slot && stretchStart(changetype<Slot>(slot)) <= place ? entityAfter(changetype<Slot>(slot)) : slot;
}

/**
 * The last of the entities, `first` and what is side by side with it, that lie between
 * `seen` and `place`; null: none does.
 */
function lastOfStretch(first: Slot, seen: usize): Slot | null {
  // A name that theirs has twice stands where the last one is: the order of the list is then not that of the text. And
  // behind the value one more byte must be the same: a number could go on.
  if (stretchStart(first) < seen || stretchEnd(first) >= place) return null;
  let last = first;
  while (last.next) {
    const next = changetype<Slot>(last.next);
    if (!isBehind(next, last) || stretchEnd(next) >= place) break;
    last = next;
  }
  return last;
}

function entityAfter(slot: Slot): usize {
  return slot.next ? slot.next : firstEntity(stretchEnd(slot));
}

/** The first entity of the next section behind `address`; 0: none. */
function firstEntity(address: usize): usize {
  let found: usize = 0;
  for (let section: u32 = 0; section < SECTION_COUNT; ++section) {
    const slot = firstSlot(section);
    if (!slot || stretchStart(changetype<Slot>(slot)) < address) continue;
    if (!found || stretchStart(changetype<Slot>(slot)) < stretchStart(changetype<Slot>(found))) found = slot;
  }
  return found;
}
