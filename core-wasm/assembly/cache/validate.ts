import { NOT_A_CACHE } from "../abi/status";

export function validateDocument(pointer: usize, length: usize): u32 {
  return NOT_A_CACHE;
}
