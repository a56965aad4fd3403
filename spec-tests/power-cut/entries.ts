import { readFileSync } from "node:fs";

/** What a disk was told to do, or what was said meanwhile. */
export type Entry =
  | { readonly kind: "write"; readonly offset: number; readonly content: Uint8Array }
  | { readonly kind: "flush" }
  | { readonly kind: "news"; readonly lines: readonly string[] };

const HEADER_BYTES = 13;

/** What recording_disk.py has written, in order. */
export function readEntries(path: string): Entry[] {
  const bytes = readFileSync(path);
  const entries: Entry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 9);
    const content = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
    entries.push(entryOf(String.fromCharCode(bytes[at]!), Number(bytes.readBigUInt64LE(at + 1)), content));
    at += HEADER_BYTES + length;
  }
  return entries;
}

function entryOf(kind: string, offset: number, content: Buffer): Entry {
  switch (kind) {
    case "W":
      return { kind: "write", offset, content };
    case "F":
      return { kind: "flush" };
    case "N":
      return { kind: "news", lines: content.toString().trim().split("\n") };
  }
  throw new Error(`No entry of a record: ${kind}`);
}
