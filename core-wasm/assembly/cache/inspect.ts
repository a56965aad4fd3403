// What is in a cache document, without its secrets (docs/merge.md, "Inspect").
import { DOCUMENT_THEIRS, setDetail, setFailure } from "../abi/result";
import { OK, OUT_OF_MEMORY } from "../abi/status";
import { CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, QUOTE } from "../json/bytes";
import { failureAddress } from "../json/failure";
import { scanDocument } from "./document";
import { timestampField } from "./fields";
import { ACCESS_TOKEN, ACCOUNT, FOREIGN, SECTION_COUNT, sectionName, sectionOf } from "./sections";
import { Slot, clearSlots, firstSlot, has, sideOf } from "./slots";
import { clearTopLevel, hasSectionObject } from "./top-level";
import { beginWriting, writeByte, writeNumber, writeSpan, writeText, writtenLength, writtenStart } from "./writer";

/** Writes the inspection as JSON into the detail of the result record. Returns a status. */
export function inspectDocument(pointer: usize, length: usize, nowSeconds: f64): u32 {
  clearSlots();
  clearTopLevel();
  const status = length ? scanDocument(DOCUMENT_THEIRS, pointer, length) : OK;
  if (status != OK) {
    setFailure(DOCUMENT_THEIRS, failureAddress ? <u32>(failureAddress - pointer) : 0);
    return status;
  }
  // Accounts and names of foreign members are parts of the document.
  if (!beginWriting(length + 512)) return OUT_OF_MEMORY;
  writeText('{"bytes":');
  writeNumber(<u32>length);
  writeText(',"entities":{');
  for (let section: u32 = 0; section < SECTION_COUNT; ++section) writeCount(section);
  writeText('},"expiredAccessTokens":');
  writeNumber(countExpired(nowSeconds));
  writeText(',"foreign":[');
  writeForeign();
  writeText('],"accounts":[');
  writeAccounts();
  writeByte(CLOSE_BRACKET);
  writeByte(CLOSE_BRACE);
  setDetail(writtenStart(), writtenLength());
  return OK;
}

function writeCount(section: u32): void {
  let count: u32 = 0;
  for (let address = firstSlot(section); address; address = changetype<Slot>(address).next) {
    if (has(changetype<Slot>(address), DOCUMENT_THEIRS)) ++count;
  }
  if (section) writeByte(COMMA);
  writeByte(QUOTE);
  writeText(sectionName(section));
  writeByte(QUOTE);
  writeByte(COLON);
  writeNumber(count);
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
  for (let address = firstSlot(FOREIGN); address; address = changetype<Slot>(address).next) {
    const slot = changetype<Slot>(address);
    const side = sideOf(slot, DOCUMENT_THEIRS);
    const section = sectionOf(side.nameStart, side.nameEnd, slot.escaped);
    if (section != FOREIGN && hasSectionObject(DOCUMENT_THEIRS, section)) continue;
    if (separator) writeByte(COMMA);
    separator = true;
    writeByte(QUOTE);
    writeSpan(side.nameStart, side.nameEnd);
    writeByte(QUOTE);
  }
}

function writeAccounts(): void {
  let separator = false;
  for (let address = firstSlot(ACCOUNT); address; address = changetype<Slot>(address).next) {
    const slot = changetype<Slot>(address);
    if (!has(slot, DOCUMENT_THEIRS)) continue;
    if (separator) writeByte(COMMA);
    separator = true;
    const side = sideOf(slot, DOCUMENT_THEIRS);
    writeSpan(side.valueStart, side.valueEnd);
  }
}
