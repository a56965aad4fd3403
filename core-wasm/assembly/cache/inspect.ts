import { NOT_A_CACHE } from "../abi/status";

export function inspectDocument(pointer: usize, length: usize, nowSeconds: f64): u32 {
  return NOT_A_CACHE;
}
