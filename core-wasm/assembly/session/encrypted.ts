// Content that another persistence has encrypted. Read as plain text it would be damage of which nothing can be saved.

/**
 * A compact JWE begins with its header, a JSON object in Base64: `{"` is `eyJ`. A blob of DPAPI begins
 * with a version and its provider.
 */
const JWE: u32 = 0x4a7965;
const DPAPI: u64 = 0xdf9d8cd000000001;

export function looksEncrypted(pointer: usize, length: usize): bool {
  return length >= 8 && ((load<u32>(pointer) & 0xffffff) == JWE || load<u64>(pointer) == DPAPI);
}
