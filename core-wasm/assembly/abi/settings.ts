// What `configure` sets.

/** 64 MiB unless told otherwise. A literal: `64 << 20` would need a start function (arena.ts). */
export let maxDocumentBytes: u32 = 0x4000000;
export let hashSeed: u64 = 0x9e3779b97f4a7c15;

/**
 * As stored, a document may be larger than it is plain: protected, it has a header and is in base64, and a read
 * has a version before its content.
 */
export function maxStoredBytes(): u64 {
  return 2 * <u64>maxDocumentBytes + 65536;
}

export function setMaxDocumentBytes(value: u32): void {
  maxDocumentBytes = value;
}

export function setHashSeed(value: u64): void {
  hashSeed = value;
}
