import { NOT_A_CACHE } from "../abi/status";

export function mergeDocuments(base: usize, baseLength: usize, ours: usize, oursLength: usize, theirs: usize, theirsLength: usize): u32 {
  return NOT_A_CACHE;
}
