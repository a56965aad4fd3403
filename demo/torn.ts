import { open } from "node:fs/promises";

export interface Sizes {
  readonly before: number;
  readonly after: number;
}

const LEFT_OVER = 4096;

/** A short content written over a longer one and not truncated: complete, then garbage ("Extra data" in Python). */
export async function leaveTail(path: string): Promise<Sizes> {
  const file = await open(path, "r+");
  try {
    const content = await file.readFile();
    const longer = content.subarray(-LEFT_OVER);
    await file.write(longer, 0, longer.length, content.length);
    return { before: content.length, after: content.length + longer.length };
  } finally {
    await file.close();
  }
}

/** What a peer leaves that was killed in the middle of a write: the first half. */
export async function cutShort(path: string): Promise<Sizes> {
  const file = await open(path, "r+");
  try {
    const before = (await file.stat()).size;
    const after = Math.floor(before / 2);
    await file.truncate(after);
    return { before, after };
  } finally {
    await file.close();
  }
}
