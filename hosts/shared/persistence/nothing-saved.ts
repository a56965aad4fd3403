import { sameBytes } from "../values/same-bytes.ts";

/** What the Node peer writes into the file when it has changed the item of a secret store. */
export const SIGNAL: Uint8Array = new TextEncoder().encode("{}");

/** White space, and the NULs that some file systems leave of what was not written before a power cut. */
const BLANK: readonly number[] = [0, 0x20, 0x09, 0x0a, 0x0d];
const BYTE_ORDER_MARK = Uint8Array.of(0xef, 0xbb, 0xbf);

/** What is behind a byte order mark and blanks, however many. */
export function behindBlanks(stored: Uint8Array): Uint8Array {
  const start = sameBytes(stored.subarray(0, BYTE_ORDER_MARK.length), BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  const text = stored.subarray(start);
  const first = text.findIndex((byte) => !BLANK.includes(byte));
  return text.subarray(first === -1 ? text.length : first);
}

/**
 * Nothing was saved: peers make an empty file before they save, and where a secret store keeps the cache (this user's
 * desktop session, say) the file is but a signal. What is blank the core takes for nothing too (session/blank.ts).
 */
export function holdsNothing(stored: Uint8Array): boolean {
  return behindBlanks(stored).length === 0 || sameBytes(stored, SIGNAL);
}
