interface Allocator {
  allocUnsafe(length: number): Uint8Array<ArrayBuffer>;
}

const { Buffer: allocator } = globalThis as { Buffer?: Allocator };

/**
 * A copy. `slice` clears the new memory before it fills it; where the runtime has `Buffer`, that is saved (measured on
 * Node 20: 60 µs instead of 130 for 1 MiB).
 */
export function copyBytes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (allocator === undefined) return bytes.slice();
  const room = allocator.allocUnsafe(bytes.length);
  const copy = new Uint8Array(room.buffer, room.byteOffset, bytes.length);
  copy.set(bytes);
  return copy;
}
