import { NOT_A_CACHE } from "../abi/status";

export function salvageDocument(pointer: usize, length: usize, idHigh: u32, idLow: u32): u32 {
  return NOT_A_CACHE;
}
