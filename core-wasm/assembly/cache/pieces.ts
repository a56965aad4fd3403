// A result in pieces: text that was written, and between it long runs of a document where they stand. Whoever copies
// the result out copies them once, and what is not copied in the core need not be filled with zeros afterwards.
import { allocate } from "../abi/arena";
import { textPointer, textLength } from "../abi/text";

/** What a shorter run costs as a piece of its own is more than copying it. */
export const MIN_PIECE: usize = 4096;
const PIECE_SIZE: usize = 8;

let list: usize = 0;
let count: u32 = 0;
/** Where the text begins that is not in the list yet. */
let textStart: usize = 0;

/** Room for so many runs and the text between them. False when memory could not grow. */
// @ts-ignore: decorator
@cold
export function beginPieces(runs: u32): bool {
  list = allocate((2 * <usize>runs + 1) * PIECE_SIZE);
  count = 0;
  return list != 0;
}

/** The text begins here. */
// @ts-ignore: decorator
@cold
export function beginPieceText(): void {
  textStart = textPointer();
}

// @ts-ignore: decorator
@cold
export function addRun(start: usize, end: usize): void {
  addText();
  add(start, end);
}

// @ts-ignore: decorator
@cold
export function addText(): void {
  const end = textPointer() + textLength();
  if (end != textStart) add(textStart, end);
  textStart = end;
}

export function add(start: usize, end: usize): void {
  const piece = list + <usize>count * PIECE_SIZE;
  store<u32>(piece, <u32>start);
  store<u32>(piece, <u32>(end - start), 4);
  ++count;
}

export function pieces(): usize {
  return list;
}

export function countPieces(): u32 {
  return count;
}
