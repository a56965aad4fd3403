// Keeps what was complete in a damaged document before the damage (docs/merge.md, "Damaged documents").
import { hasRunOut } from "../abi/arena";
import { DOCUMENT_THEIRS, FLAG_HAS_DOCUMENT, FLAG_SALVAGED, addFlags, setData } from "../abi/result";
import { DOCUMENT_TOO_LARGE, OK, OUT_OF_MEMORY } from "../abi/status";
import { beginDocuments, scanDocument } from "./document";
import { FOREIGN } from "./sections";
import { serializeSalvaged } from "./serialize";
import { Slot, firstSlot, has, sideOf } from "./slots";
import { textLength, textPointer } from "../abi/text";

/** Salvages any bytes into the result record; the two words become the marker's sixteen digits. */
export function salvageDocument(pointer: usize, length: usize, idHigh: u32, idLow: u32): u32 {
  beginDocuments();
  if (length) {
    const status = scanDocument(DOCUMENT_THEIRS, pointer, length);
    if (status == DOCUMENT_TOO_LARGE || status == OUT_OF_MEMORY) return status;
  }
  takeAll();
  if (!serializeSalvaged(idHigh, idLow) || hasRunOut) return OUT_OF_MEMORY;
  setData(textPointer(), textLength());
  addFlags(FLAG_SALVAGED | FLAG_HAS_DOCUMENT);
  return OK;
}

/** Is there anything to salvage? */
export function canSalvage(pointer: usize, length: usize): bool {
  beginDocuments();
  scanDocument(DOCUMENT_THEIRS, pointer, length);
  for (let section: u32 = 0; section <= FOREIGN; ++section) if (firstSlot(section)) return true;
  return false;
}

function takeAll(): void {
  for (let section: u32 = 0; section <= FOREIGN; ++section) {
    for (let address = firstSlot(section); address; address = changetype<Slot>(address).next) {
      const slot = changetype<Slot>(address);
      if (!has(slot, DOCUMENT_THEIRS)) continue;
      const side = sideOf(slot, DOCUMENT_THEIRS);
      slot.resultStart = side.valueStart;
      slot.resultEnd = side.valueEnd;
      slot.resultDocument = DOCUMENT_THEIRS;
    }
  }
}
