interface Comparer {
  compare(one: Uint8Array, other: Uint8Array): number;
}

/** Compares natively, where the runtime has `Buffer`. */
export const { Buffer: comparer } = globalThis as { readonly Buffer?: Comparer };

/** In one call where that can be (1 MiB: 0.05 ms instead of 1). */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  return comparer ? comparer.compare(one, other) === 0 : one.every((byte, at) => byte === other[at]);
}
