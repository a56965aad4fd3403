// One slot for each name that any of the three documents has in a section (or at the top level, for foreign members),
// and where each document spells and stores it. The slots of a section are listed in the order of the result: theirs
// first, then what is new in ours, because the documents are scanned in that order.
import { allocate, mark, releaseTo } from "../abi/arena";
import { DOCUMENT_BASE, DOCUMENT_OURS, DOCUMENT_THEIRS } from "../abi/result";
import { equalBytes } from "../json/bytes";
import { equalStrings, hashString } from "../json/string-text";
import { FOREIGN } from "./sections";

/** One document's member. `nameStart` 0: it has none. The spans are the inside of the name, and the value. */
@unmanaged
export class Side {
  nameStart: usize;
  nameEnd: usize;
  valueStart: usize;
  valueEnd: usize;
  /** Counts a document's members; neighbours that follow one another in it follow one another here. */
  ordinal: u32;
}

@unmanaged
export class Slot {
  /** The next slot of the same section. */
  next: usize;
  hash: u32;
  section: u32;
  /** Of which beginning of the section's list the slot is a part. */
  epoch: u32;
  /** Some document spells the name with escapes. */
  escaped: bool;
  /** Byte-identical values, as the scan noticed. */
  baseIsTheirs: bool;
  oursIsTheirs: bool;
  baseIsOurs: bool;
  /** What was decided: the value of the result; 0: none. */
  resultStart: usize;
  resultEnd: usize;
  /** The side whose name, and nearly always value, is taken. */
  resultDocument: u32;
}

const SIDE_SIZE: usize = offsetof<Side>();
const SLOT_SIZE: usize = offsetof<Slot>() + 3 * offsetof<Side>();

// @ts-ignore: decorator
@inline
export function sideOf(slot: Slot, document: u32): Side {
  return changetype<Side>(changetype<usize>(slot) + offsetof<Slot>() + <usize>document * SIDE_SIZE);
}

/** first and last slot of each section and of FOREIGN. */
const LISTS: usize = memory.data(48, 8);
/** For each document and section: members with a smaller ordinal belong to an earlier section of the same name. */
const FIRST_ORDINALS: usize = memory.data(72, 4);
/** How often the list of each section has begun again. */
const EPOCHS: usize = memory.data(24, 4);

let buckets: usize = 0;
let bucketMask: u32 = 0;
let slotCount: u32 = 0;
let nextOrdinal: u32 = 0;

export function clearSlots(): void {
  memory.fill(LISTS, 0, 48);
  memory.fill(FIRST_ORDINALS, 0, 72);
  // Ordinals begin with 1, so one of 0 takes a member of a document's out (`has`).
  for (let document: u32 = 0; document < 3; ++document) store<u32>(firstOrdinal(document, FOREIGN), 1);
  memory.fill(EPOCHS, 0, 24);
  buckets = 0;
  bucketMask = 0;
  slotCount = 0;
  nextOrdinal = 1;
}

export function countSlots(): u32 {
  return slotCount;
}

export function firstSlot(section: u32): usize {
  return load<usize>(LISTS + (<usize>section << 3));
}

function lastSlot(section: u32): usize {
  return load<usize>(LISTS + (<usize>section << 3), 4);
}

function firstOrdinal(document: u32, section: u32): usize {
  return FIRST_ORDINALS + ((<usize>document * 6 + <usize>section) << 2);
}

/**
 * A document repeats a section: what it said of that section before no longer counts. Theirs is scanned first, so its
 * order is the list's: the list begins again with it.
 */
// @ts-ignore: decorator
@cold
export function restartSection(document: u32, section: u32): void {
  store<u32>(firstOrdinal(document, section), nextOrdinal);
  if (document != DOCUMENT_THEIRS) return;
  store<u64>(LISTS + (<usize>section << 3), 0);
  store<u32>(EPOCHS + (<usize>section << 2), epochOf(section) + 1);
}

function epochOf(section: u32): u32 {
  return load<u32>(EPOCHS + (<usize>section << 2));
}

// @ts-ignore: decorator
@inline
export function has(slot: Slot, document: u32): bool {
  const side = sideOf(slot, document);
  return side.nameStart != 0 && side.ordinal >= load<u32>(firstOrdinal(document, slot.section));
}

/** The side whose spelling of the name stands for the slot: any that has one. */
export function nameSide(slot: Slot): Side {
  const theirs = sideOf(slot, DOCUMENT_THEIRS);
  if (theirs.nameStart) return theirs;
  const ours = sideOf(slot, DOCUMENT_OURS);
  return ours.nameStart ? ours : sideOf(slot, DOCUMENT_BASE);
}

function bucketOf(hash: u32): usize {
  return buckets + (<usize>(hash & bucketMask) << 2);
}

function insert(slot: Slot): void {
  let index = slot.hash;
  while (load<u32>(bucketOf(index))) ++index;
  store<u32>(bucketOf(index), <u32>changetype<usize>(slot));
}

function grow(): bool {
  const size: u32 = bucketMask ? (bucketMask + 1) << 1 : 64;
  const room = allocate(<usize>size << 2);
  if (!room) return false;
  buckets = room;
  bucketMask = size - 1;
  for (let section: u32 = 0; section <= FOREIGN; ++section) {
    for (let address = firstSlot(section); address; address = changetype<Slot>(address).next) {
      insert(changetype<Slot>(address));
    }
  }
  return true;
}

/** The slot of a name in a section; created when there is none. Null when memory could not grow. */
export function slotFor(section: u32, nameStart: usize, nameEnd: usize, escaped: bool): Slot | null {
  const position = mark();
  const hash = hashString(nameStart, nameEnd, escaped) + section;
  const found = findSlot(section, nameStart, nameEnd, hash, escaped);
  if (mark() != position) releaseTo(position);
  if (!found) return create(section, hash, escaped);
  if (escaped) found.escaped = true;
  if (found.epoch != epochOf(section)) append(found);
  return found;
}

/** `hash`: of the name, plus the section. */
export function findSlot(section: u32, nameStart: usize, nameEnd: usize, hash: u32, escaped: bool): Slot | null {
  if (!buckets) return null;
  let index = hash;
  let address = <usize>load<u32>(bucketOf(index));
  while (address) {
    const slot = changetype<Slot>(address);
    if (slot.hash == hash && slot.section == section && sameName(slot, nameStart, nameEnd, escaped)) return slot;
    address = <usize>load<u32>(bucketOf(++index));
  }
  return null;
}

function sameName(slot: Slot, nameStart: usize, nameEnd: usize, escaped: bool): bool {
  const side = nameSide(slot);
  if (escaped || slot.escaped) return equalStrings(side.nameStart, side.nameEnd, nameStart, nameEnd);
  const length = nameEnd - nameStart;
  return side.nameEnd - side.nameStart == length && equalBytes(side.nameStart, nameStart, length);
}

function create(section: u32, hash: u32, escaped: bool): Slot | null {
  const full = bucketMask == 0 || slotCount << 1 > bucketMask;
  const room: usize = full && !grow() ? 0 : allocate(SLOT_SIZE);
  if (!room) return null;
  const slot = changetype<Slot>(room);
  slot.hash = hash;
  slot.section = section;
  slot.escaped = escaped;
  ++slotCount;
  insert(slot);
  append(slot);
  return slot;
}

/** Puts the slot at the end of its section's list. */
function append(slot: Slot): void {
  const address = changetype<usize>(slot);
  const list = LISTS + (<usize>slot.section << 3);
  const last = lastSlot(slot.section);
  if (last) changetype<Slot>(last).next = address;
  else store<usize>(list, address);
  store<usize>(list, address, 4);
  slot.next = 0;
  slot.epoch = epochOf(slot.section);
}

export function setSide(
  slot: Slot,
  document: u32,
  nameStart: usize,
  nameEnd: usize,
  valueStart: usize,
  valueEnd: usize,
): void {
  const side = sideOf(slot, document);
  side.nameStart = nameStart;
  side.nameEnd = nameEnd;
  side.valueStart = valueStart;
  side.valueEnd = valueEnd;
  side.ordinal = nextOrdinal++;
}
