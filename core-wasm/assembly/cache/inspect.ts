// What is in a cache document, without its secrets (docs/merge.md, "Inspect").
import { hasRunOut } from "../abi/arena";
import { DOCUMENT_THEIRS, setDetail, setFailure } from "../abi/result";
import { OK, OUT_OF_MEMORY } from "../abi/status";
import { CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, QUOTE } from "../json/bytes";
import { failureAddress } from "../json/failure";
import { beginDocuments, scanDocument } from "./document";
import { timestampField } from "./fields";
import { ACCESS_TOKEN, ACCOUNT, FOREIGN, SECTION_COUNT, sectionName } from "./sections";
import { Slot, firstSlot, has, sideOf } from "./slots";
import { TopItem, firstTopItem, hasSectionObject, sectionSlot } from "./top-level";
import { beginText, putByte, putUnsigned, putSpan, putText, textLength, textPointer } from "../abi/text";

/** Writes the inspection as JSON into the detail of the result record. Returns a status. */
export function inspectDocument(pointer: usize, length: usize, nowSeconds: f64): u32 {
  beginDocuments();
  const status = length ? scanDocument(DOCUMENT_THEIRS, pointer, length) : OK;
  if (status != OK) {
    setFailure(DOCUMENT_THEIRS, failureAddress ? <u32>(failureAddress - pointer) : 0);
    return status;
  }
  // Accounts and names of foreign members are parts of the document.
  if (!beginText(length + 512)) return OUT_OF_MEMORY;
  putText('{"bytes":');
  putUnsigned(<u32>length);
  putText(',"entities":{');
  for (let section: u32 = 0; section < SECTION_COUNT; ++section) writeCount(section);
  putText('},"expiredAccessTokens":');
  putUnsigned(countExpired(nowSeconds));
  putText(',"foreign":[');
  writeForeign();
  putText('],"accounts":[');
  writeAccounts();
  putByte(CLOSE_BRACKET);
  putByte(CLOSE_BRACE);
  setDetail(textPointer(), textLength());
  return hasRunOut ? OUT_OF_MEMORY : OK;
}

function writeCount(section: u32): void {
  let count: u32 = 0;
  for (let address = firstSlot(section); address; address = changetype<Slot>(address).next) {
    if (has(changetype<Slot>(address), DOCUMENT_THEIRS)) ++count;
  }
  if (section) putByte(COMMA);
  putByte(QUOTE);
  putText(sectionName(section));
  putByte(QUOTE);
  putByte(COLON);
  putUnsigned(count);
}

function countExpired(nowSeconds: f64): u32 {
  let count: u32 = 0;
  for (let address = firstSlot(ACCESS_TOKEN); address; address = changetype<Slot>(address).next) {
    const slot = changetype<Slot>(address);
    if (!has(slot, DOCUMENT_THEIRS)) continue;
    const expiresOn = timestampField(sideOf(slot, DOCUMENT_THEIRS).valueStart, "expires_on");
    if (expiresOn >= 0 && <f64>expiresOn <= nowSeconds) ++count;
  }
  return count;
}

function writeForeign(): void {
  let separator = false;
  for (let address = firstTopItem(); address; address = changetype<TopItem>(address).next) {
    const slot = foreignSlot(changetype<TopItem>(address));
    if (!slot) continue;
    if (separator) putByte(COMMA);
    separator = true;
    const side = sideOf(changetype<Slot>(slot), DOCUMENT_THEIRS);
    putByte(QUOTE);
    putSpan(side.nameStart, side.nameEnd);
    putByte(QUOTE);
  }
}

/** The slot of a member that is no section, or 0. */
function foreignSlot(item: TopItem): usize {
  if (item.section == FOREIGN) return item.slot;
  return hasSectionObject(DOCUMENT_THEIRS, item.section) ? 0 : sectionSlot(item.section);
}

function writeAccounts(): void {
  let separator = false;
  for (let address = firstSlot(ACCOUNT); address; address = changetype<Slot>(address).next) {
    const slot = changetype<Slot>(address);
    if (!has(slot, DOCUMENT_THEIRS)) continue;
    if (separator) putByte(COMMA);
    separator = true;
    const side = sideOf(slot, DOCUMENT_THEIRS);
    putSpan(side.valueStart, side.valueEnd);
  }
}
