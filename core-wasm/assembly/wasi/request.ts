// What only an embedder can do is asked of it: the operation stops here, `resume` brings the answer. One at a time.

const KIND_NONE: u32 = 0;
export const KIND_PROTECT: u32 = 1;
export const KIND_UNPROTECT: u32 = 2;
export const KIND_EDIT: u32 = 3;
export const KIND_PROCESS_ALIVE: u32 = 4;
export const KIND_MAKE_PRIVATE: u32 = 5;

/** u32 kind, pointer, length, value. */
const RECORD: usize = memory.data(16, 4);

/** The capability call that waits for the answer. */
export let askedFor: u32 = 0;

export function requestRecord(): usize {
  return RECORD;
}

export function requestKind(): u32 {
  return load<u32>(RECORD);
}

export function isRequested(): bool {
  return requestKind() != KIND_NONE;
}

export function ask(kind: u32, op: u32, pointer: usize, length: usize, value: u32): void {
  askedFor = op;
  store<u32>(RECORD, kind);
  store<u32>(RECORD, <u32>pointer, 4);
  store<u32>(RECORD, <u32>length, 8);
  store<u32>(RECORD, value, 12);
}

export function endRequest(): void {
  memory.fill(RECORD, 0, 16);
}
