import { open } from "node:fs/promises";

export interface Sizes {
  readonly before: number;
  readonly after: number;
}

/** A short document written over a longer one and not truncated: complete, then garbage ("Extra data" in Python). */
export async function leaveTail(path: string): Promise<Sizes> {
  const file = await open(path, "r+");
  try {
    const document = await file.readFile("utf8");
    const longer = JSON.stringify({ ...JSON.parse(document), padding: "x".repeat(4096) });
    await file.write(longer, 0);
    await file.write(document, 0);
    return { before: Buffer.byteLength(document), after: (await file.stat()).size };
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
