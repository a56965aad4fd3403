import type { LockInspection, StoreVersion } from "./capabilities.ts";

// The binary forms of docs/host-interface.md. Little-endian; DataView is told so, hosts may differ.

const VERSION_SIZE = 24;
/** A version and 8 bytes of zero, so that the content behind it is aligned. */
const READ_HEADER = 32;
/** A version and 8 bytes of flags. */
const FLAGGED_SIZE = 32;
const UNIQUE = 1;
const INSPECTION_HEADER = 40;
const KERNEL_LOCKED = 1;

export function encodeVersion(version: StoreVersion, room: number = VERSION_SIZE): Uint8Array {
  const bytes = new Uint8Array(room);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt.asUintN(64, version.mtimeNs), true);
  view.setBigUint64(8, BigInt.asUintN(64, version.size), true);
  view.setBigUint64(16, BigInt.asUintN(64, version.inode), true);
  return bytes;
}

/** The version of what was just written. */
export function encodeWritten(version: StoreVersion): Uint8Array {
  const bytes = encodeVersion(version, FLAGGED_SIZE);
  bytes[VERSION_SIZE] = version.isUnique ? UNIQUE : 0;
  return bytes;
}

/** What precedes the content in the outcome of a read. */
export function encodeReadHeader(version: StoreVersion): Uint8Array {
  return encodeVersion(version, READ_HEADER);
}

export function encodeInspection(inspection: LockInspection): Uint8Array {
  const { content } = inspection;
  const bytes = new Uint8Array(INSPECTION_HEADER + content.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt.asUintN(64, inspection.inode), true);
  view.setFloat64(8, inspection.mtimeMs, true);
  view.setFloat64(16, inspection.leaseMtimeMs ?? Number.NaN, true);
  view.setBigUint64(24, BigInt.asUintN(64, BigInt(Math.trunc(inspection.size))), true);
  view.setUint32(32, inspection.kernelLocked ? KERNEL_LOCKED : 0, true);
  view.setUint32(36, content.length, true);
  bytes.set(content, INSPECTION_HEADER);
  return bytes;
}

export function decodeInspection(bytes: Uint8Array): LockInspection {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const leaseMtimeMs = view.getFloat64(16, true);
  return {
    inode: view.getBigUint64(0, true),
    mtimeMs: view.getFloat64(8, true),
    leaseMtimeMs: Number.isNaN(leaseMtimeMs) ? undefined : leaseMtimeMs,
    size: Number(view.getBigUint64(24, true)),
    kernelLocked: (view.getUint32(32, true) & KERNEL_LOCKED) !== 0,
    content: bytes.slice(INSPECTION_HEADER, INSPECTION_HEADER + view.getUint32(36, true)),
  };
}
