// What a merge did, relative to theirs (docs/merge.md, "Report").
import { DOCUMENT_THEIRS, setCounts, setDetail } from "../abi/result";
import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, QUOTE } from "../json/bytes";
import { conflicts } from "./decision";
import { ACCOUNT, FOREIGN } from "./sections";
import { Slot, firstSlot, has, sideOf } from "./slots";
import { beginText, putByte, putSpan, putText, textLength, textPointer } from "../abi/text";

let added: u32 = 0;
let updated: u32 = 0;
let removed: u32 = 0;

/** Counts what differs from theirs; true when nothing does, foreign members included. */
export function countChanges(): bool {
  added = 0;
  updated = 0;
  removed = 0;
  let unchanged = true;
  for (let section: u32 = 0; section <= FOREIGN; ++section) {
    for (let address = firstSlot(section); address; address = changetype<Slot>(address).next) {
      const slot = changetype<Slot>(address);
      if (isTheirs(slot)) continue;
      unchanged = false;
      if (section != FOREIGN) countEntity(slot);
    }
  }
  setCounts(added, updated, removed, conflicts);
  return unchanged;
}

function isTheirs(slot: Slot): bool {
  if (!has(slot, DOCUMENT_THEIRS)) return slot.resultStart == 0;
  return slot.resultStart != 0 && slot.resultDocument == DOCUMENT_THEIRS;
}

function countEntity(slot: Slot): void {
  if (!has(slot, DOCUMENT_THEIRS)) ++added;
  else if (slot.resultStart) ++updated;
  else ++removed;
}

/** Writes the accounts that came and went, if any, into the result record. False when memory could not grow. */
export function reportAccounts(): bool {
  const size = measureAccounts();
  return size == 0 || writeReport(size);
}

// @ts-ignore: decorator
@cold
function writeReport(size: usize): bool {
  if (!beginText(size + 64)) return false;
  putText('{"accountsAdded":[');
  writeAccounts(true);
  putText('],"accountsRemoved":[');
  writeAccounts(false);
  putByte(CLOSE_BRACKET);
  putByte(CLOSE_BRACE);
  setDetail(textPointer(), textLength());
  return true;
}

function measureAccounts(): usize {
  let size: usize = 0;
  for (let address = firstSlot(ACCOUNT); address; address = changetype<Slot>(address).next) {
    const slot = changetype<Slot>(address);
    const before = has(slot, DOCUMENT_THEIRS);
    if (before == (slot.resultStart != 0)) continue;
    const side = sideOf(slot, before ? DOCUMENT_THEIRS : slot.resultDocument);
    size += side.nameEnd - side.nameStart + 3;
  }
  return size;
}

function writeAccounts(came: bool): void {
  let separator = false;
  for (let address = firstSlot(ACCOUNT); address; address = changetype<Slot>(address).next) {
    const slot = changetype<Slot>(address);
    const before = has(slot, DOCUMENT_THEIRS);
    const after = slot.resultStart != 0;
    if (before == after || after != came) continue;
    if (separator) putByte(COMMA);
    separator = true;
    const side = sideOf(slot, before ? DOCUMENT_THEIRS : slot.resultDocument);
    putByte(QUOTE);
    putSpan(side.nameStart, side.nameEnd);
    putByte(QUOTE);
  }
}
