// Is this a cache document? One pass, nothing kept.
import { DOCUMENT_THEIRS, setFailure } from "../abi/result";
import { DOCUMENT_TOO_LARGE, JSON_TRAILING_BYTES, NOT_A_CACHE, OK } from "../abi/status";
import { OPEN_BRACE, skipSpace } from "../json/bytes";
import { fail, failureAddress, failureStatus } from "../json/failure";
import { scanValue } from "../json/scanner";
import { beginScan } from "./document-start";
import { maxDocumentBytes } from "../abi/settings";

export function validateDocument(pointer: usize, length: usize): u32 {
  if (length > <usize>maxDocumentBytes) return DOCUMENT_TOO_LARGE;
  const end = pointer + length;
  const start = beginScan(pointer, length);
  if (start >= end) return OK;
  let address = scanValue(start, end, 0);
  if (address) {
    address = skipSpace(address);
    if (address < end) fail(JSON_TRAILING_BYTES, address, end);
    else if (load<u8>(start) != OPEN_BRACE) fail(NOT_A_CACHE, start, end);
  }
  if (failureStatus != OK) setFailure(DOCUMENT_THEIRS, <u32>(failureAddress - pointer));
  return failureStatus;
}
