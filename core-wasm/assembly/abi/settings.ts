// What `configure` sets.

export let maxDocumentBytes: u32 = 64 << 20;
export let hashSeed: u64 = 0x9e3779b97f4a7c15;

export function setMaxDocumentBytes(value: u32): void {
  maxDocumentBytes = value;
}

export function setHashSeed(value: u64): void {
  hashSeed = value;
}
