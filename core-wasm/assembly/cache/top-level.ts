// The top level of the result: sections and foreign members in the order in which the scan first met them.
import { allocate } from "../abi/arena";
import { SECTION_COUNT } from "./sections";

@unmanaged
export class TopItem {
  next: usize;
  /** A section, or FOREIGN. */
  section: u32;
  /** The slot of a foreign member. */
  slot: usize;
}

let firstItem: usize = 0;
let lastItem: usize = 0;
let sectionsListed: u32 = 0;
/** A bit for each document and section that the document has as an object. */
let objectSections: u32 = 0;

/** For each section, the slot of a member of that name that is not an object in some document. */
const SECTION_SLOTS: usize = memory.data(20, 4);

export function clearTopLevel(): void {
  memory.fill(SECTION_SLOTS, 0, 20);
  firstItem = 0;
  lastItem = 0;
  sectionsListed = 0;
  objectSections = 0;
}

export function firstTopItem(): usize {
  return firstItem;
}

export function appendTopItem(section: u32, slot: usize): bool {
  const room = allocate(offsetof<TopItem>());
  if (!room) return false;
  const item = changetype<TopItem>(room);
  item.section = section;
  item.slot = slot;
  if (lastItem) changetype<TopItem>(lastItem).next = room;
  else firstItem = room;
  lastItem = room;
  return true;
}

/** Lists a section at this place, unless it has one already. */
export function listSection(section: u32): bool {
  if (sectionsListed & (1 << section)) return true;
  sectionsListed |= 1 << section;
  return appendTopItem(section, 0);
}

export function sectionSlot(section: u32): usize {
  return load<usize>(SECTION_SLOTS + (<usize>section << 2));
}

export function setSectionSlot(section: u32, slot: usize): void {
  store<usize>(SECTION_SLOTS + (<usize>section << 2), slot);
}

function sectionBit(document: u32, section: u32): u32 {
  return 1 << (document * SECTION_COUNT + section);
}

export function setSectionObject(document: u32, section: u32, present: bool): void {
  const bit = sectionBit(document, section);
  objectSections = present ? objectSections | bit : objectSections & ~bit;
}

export function hasSectionObject(document: u32, section: u32): bool {
  return (objectSections & sectionBit(document, section)) != 0;
}
