// What a contender last saw of the lock file. It outlives the arena's marks (a take-over hands it back to the host, a
// timeout reports it), so it has static memory of its own. A lock file holds no secrets.

const HEADER: usize = 40;
const CONTENT_MAX: usize = 1024;
const FLAG_KERNEL_LOCKED: u32 = 1;

const RECORD: usize = memory.data(1064, 16);
let recorded: usize = 0;

export function forgetInspection(): void {
  recorded = 0;
}

/** False: the record is malformed. Content beyond what a host is to read is cut off. */
export function recordInspection(pointer: usize, length: usize): bool {
  recorded = 0;
  if (length < HEADER) return false;
  const claimed = <usize>load<u32>(pointer, 36);
  if (claimed > length - HEADER) return false;
  const kept = claimed < CONTENT_MAX ? claimed : CONTENT_MAX;
  memory.copy(RECORD, pointer, HEADER + kept);
  store<u32>(RECORD, <u32>kept, 36);
  recorded = HEADER + kept;
  return true;
}

export function hasInspection(): bool {
  return recorded != 0;
}

export function inspectionPointer(): usize {
  return RECORD;
}

export function inspectionLength(): usize {
  return recorded;
}

export function modifiedAt(): f64 {
  return load<f64>(RECORD, 8);
}

/** NaN: there is no lease. */
export function leaseModifiedAt(): f64 {
  return load<f64>(RECORD, 16);
}

export function isKernelLocked(): bool {
  return (load<u32>(RECORD, 32) & FLAG_KERNEL_LOCKED) != 0;
}

export function holderPointer(): usize {
  return RECORD + HEADER;
}

export function holderLength(): usize {
  return load<u32>(RECORD, 36);
}
