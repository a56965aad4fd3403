// The result record of docs/host-interface.md: 64 bytes of static memory.

const RECORD: usize = memory.data(64, 16);

export const FLAG_UNCHANGED: u32 = 1;
export const FLAG_SALVAGED: u32 = 2;
export const FLAG_SET_ASIDE: u32 = 4;
export const FLAG_HAS_DOCUMENT: u32 = 8;

export const DOCUMENT_THEIRS: u32 = 0;
export const DOCUMENT_BASE: u32 = 1;
export const DOCUMENT_OURS: u32 = 2;

export function resultRecord(): usize {
  return RECORD;
}

export function clearResult(): void {
  memory.fill(RECORD, 0, 64);
}

export function setStatus(status: u32): void {
  store<u32>(RECORD, status);
}

export function setFailure(document: u32, offset: u32): void {
  store<u32>(RECORD, document, 4);
  store<u32>(RECORD, offset, 8);
}

export function setData(pointer: usize, length: usize): void {
  store<u32>(RECORD, <u32>pointer, 12);
  store<u32>(RECORD, <u32>length, 16);
}

export function dataPointer(): usize {
  return load<u32>(RECORD, 12);
}

export function dataLength(): usize {
  return load<u32>(RECORD, 16);
}

export function addFlags(flags: u32): void {
  store<u32>(RECORD, load<u32>(RECORD, 20) | flags, 20);
}

export function removeFlags(flags: u32): void {
  store<u32>(RECORD, load<u32>(RECORD, 20) & ~flags, 20);
}

export function hasFlag(flag: u32): bool {
  return (load<u32>(RECORD, 20) & flag) != 0;
}

export function setCounts(added: u32, updated: u32, removed: u32, conflicts: u32): void {
  store<u32>(RECORD, added, 24);
  store<u32>(RECORD, updated, 28);
  store<u32>(RECORD, removed, 32);
  store<u32>(RECORD, conflicts, 36);
}

export function setDetail(pointer: usize, length: usize): void {
  store<u32>(RECORD, <u32>pointer, 40);
  store<u32>(RECORD, <u32>length, 44);
}

export function setWaited(milliseconds: u32): void {
  store<u32>(RECORD, milliseconds, 48);
}

export function countTakeOver(): void {
  store<u32>(RECORD, load<u32>(RECORD, 52) + 1, 52);
}

export function countRestart(): void {
  store<u32>(RECORD, load<u32>(RECORD, 56) + 1, 56);
}

export function countIgnored(): void {
  store<u32>(RECORD, load<u32>(RECORD, 60) + 1, 60);
}
