import fc from "fast-check";
import type { Draw } from "./generators-documents.ts";

const bytes = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** The document after one accident of the kinds that happen to files. */
export function damage(draw: Draw, document: Uint8Array, other: Uint8Array): Uint8Array {
  const [from, to] = [draw(fc.nat(document.length)), draw(fc.nat(document.length))].sort((a, b) => a - b) as [
    number,
    number,
  ];
  const [head, middle, tail] = [document.subarray(0, from), document.subarray(from, to), document.subarray(to)];
  switch (draw(fc.integer({ min: 0, max: 7 }))) {
    case 0: // cut short
      return head;
    case 1: // a shorter write over a longer one
      return bytes(
        document,
        other.subarray(Math.min(document.length, other.length)),
        other.subarray(-draw(fc.nat(20)) - 1),
      );
    case 2: // the head of one, the tail of another
      return bytes(head, other.subarray(Math.min(from, other.length)));
    case 3: // a hole
      return bytes(head, tail);
    case 4: // a block of zeros
      return bytes(head, new Uint8Array(middle.length), tail);
    case 5: // twice
      return bytes(head, middle, middle, tail);
    case 6: // something inserted
      return bytes(head, draw(fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 4 }), tokens)), bytes(middle, tail));
    default: {
      const flipped = document.slice();
      if (flipped.length > 0) flipped[from % flipped.length]! ^= 1 << draw(fc.nat(7));
      return flipped;
    }
  }
}

const token = fc.constantFrom(
  ...'{}[]:,"\\/ \n0-1.eE+'.split(""),
  "null",
  "true",
  "false",
  '"a"',
  '"Account"',
  '"IdToken":{',
  '"k":{}',
  "12",
  "1e5",
  "-0",
  "\\u00e9",
  "\\ud800",
  "é",
  "𝄞",
  "\ufeff",
  "\u0000",
  "\u001f",
);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes that look like JSON from close by. */
export const tokens: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.array(token, { maxLength: 30 }).map((parts) => encode(parts.join(""))),
  fc
    .array(fc.oneof(token.map(encode), fc.uint8Array({ maxLength: 3 })), { maxLength: 20 })
    .map((parts) => bytes(...parts)),
);
