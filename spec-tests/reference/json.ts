/**
 * A JSON parser over bytes that keeps what JSON.parse throws away: the order of members, the bytes of every value,
 * exact numbers, and where the first wrong byte is. Written to be read, not to be fast.
 */

export type JsonErrorCode =
  | "json_unexpected_end"
  | "json_unexpected_byte"
  | "json_bad_number"
  | "json_bad_string"
  | "json_bad_escape"
  | "json_bad_utf8"
  | "json_too_deep"
  | "json_trailing_bytes"
  | "not_a_cache";

export type DocumentName = "theirs" | "base" | "ours";

export class DocumentError extends Error {
  readonly code: JsonErrorCode;
  readonly offset: number;
  document: DocumentName = "theirs";

  constructor(code: JsonErrorCode, offset: number) {
    super(`${code} at byte ${offset}`);
    this.code = code;
    this.offset = offset;
  }
}

export interface Member {
  /** The name as it was spelt, with its quotation marks. */
  readonly spelling: Uint8Array;
  readonly value: Json;
}

/** `raw` is the value as it was spelt; a value that was put together by a merge has none. */
export type Json =
  | { readonly type: "literal"; readonly text: "null" | "true" | "false"; readonly raw?: Uint8Array }
  | { readonly type: "number"; readonly text: string; readonly raw?: Uint8Array }
  | { readonly type: "string"; readonly text: string; readonly raw?: Uint8Array }
  | { readonly type: "array"; readonly items: readonly Json[]; readonly raw?: Uint8Array }
  | JsonObject;

export interface JsonObject {
  readonly type: "object";
  /** Setting a name again keeps its first place and takes the last value, as JSON.parse does. */
  readonly members: Map<string, Member>;
  readonly raw?: Uint8Array;
}

const maxDepth = 64;

const ascii = (text: string): number => text.charCodeAt(0);
const quote = ascii('"');
const backslash = ascii("\\");
const escapes = new Map(
  Object.entries({ '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }),
);

export class Reader {
  readonly bytes: Uint8Array;
  at = 0;
  depth = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    if (startsWithByteOrderMark(bytes)) this.at = 3;
  }

  get byte(): number | undefined {
    return this.bytes[this.at];
  }

  is(text: string): boolean {
    return this.byte === ascii(text);
  }

  fail(code: JsonErrorCode, offset = this.at): never {
    throw new DocumentError(code, offset);
  }

  /** Fails at the current byte, or with `json_unexpected_end` when there is none. */
  failHere(code: JsonErrorCode): never {
    return this.fail(this.byte === undefined ? "json_unexpected_end" : code);
  }

  skipWhiteSpace(): void {
    while (this.byte === 0x20 || this.byte === 0x09 || this.byte === 0x0a || this.byte === 0x0d) this.at++;
  }

  expect(text: string): void {
    if (!this.is(text)) this.failHere("json_unexpected_byte");
    this.at++;
  }

  /** Steps into an array or an object. */
  enter(bracket: "[" | "{"): void {
    if (this.is(bracket) && this.depth === maxDepth) this.fail("json_too_deep");
    this.expect(bracket);
    this.depth++;
    this.skipWhiteSpace();
  }

  /** After an item: true when there is another one, false when `closing` has been read. */
  more(closing: "]" | "}"): boolean {
    this.skipWhiteSpace();
    if (this.leave(closing)) return false;
    this.expect(",");
    this.skipWhiteSpace();
    return true;
  }

  leave(closing: "]" | "}"): boolean {
    if (!this.is(closing)) return false;
    this.at++;
    this.depth--;
    return true;
  }

  /** A member's name and the colon; the reader is then at the value. */
  name(): { text: string; spelling: Uint8Array } {
    const start = this.at;
    const text = this.string();
    const spelling = this.bytes.subarray(start, this.at);
    this.skipWhiteSpace();
    this.expect(":");
    this.skipWhiteSpace();
    return { text, spelling };
  }

  value(): Json {
    const start = this.at;
    const value = this.valueWithoutBytes();
    return { ...value, raw: this.bytes.subarray(start, this.at) };
  }

  private valueWithoutBytes(): Json {
    if (this.is("{")) return { type: "object", members: this.object() };
    if (this.is("[")) return { type: "array", items: this.array() };
    if (this.is('"')) return { type: "string", text: this.string() };
    if (this.is("-") || this.isDigit()) return { type: "number", text: this.number() };
    for (const text of ["null", "true", "false"] as const) {
      if (this.is(text[0]!)) return this.literal(text);
    }
    return this.failHere("json_unexpected_byte");
  }

  private object(): Map<string, Member> {
    const members = new Map<string, Member>();
    this.enter("{");
    if (this.leave("}")) return members;
    do {
      const { text, spelling } = this.name();
      members.set(text, { spelling, value: this.value() });
    } while (this.more("}"));
    return members;
  }

  private array(): Json[] {
    const items: Json[] = [];
    this.enter("[");
    if (this.leave("]")) return items;
    do items.push(this.value());
    while (this.more("]"));
    return items;
  }

  private literal(text: "null" | "true" | "false"): Json {
    for (const character of text) this.expect(character);
    return { type: "literal", text };
  }

  private isDigit(): boolean {
    return this.byte !== undefined && this.byte >= ascii("0") && this.byte <= ascii("9");
  }

  private digits(): void {
    if (!this.isDigit()) this.failHere("json_bad_number");
    while (this.isDigit()) this.at++;
  }

  private number(): string {
    const start = this.at;
    if (this.is("-")) this.at++;
    if (this.is("0")) {
      this.at++;
      if (this.isDigit()) this.fail("json_bad_number");
    } else {
      this.digits();
    }
    if (this.is(".")) {
      this.at++;
      this.digits();
    }
    if (this.is("e") || this.is("E")) {
      this.at++;
      if (this.is("+") || this.is("-")) this.at++;
      this.digits();
    }
    return String.fromCharCode(...this.bytes.subarray(start, this.at));
  }

  string(): string {
    this.expect('"');
    let text = "";
    for (;;) {
      const byte = this.byte;
      if (byte === undefined) this.fail("json_unexpected_end");
      if (byte === quote) break;
      if (byte === backslash) text += this.escape();
      else if (byte < 0x20) this.fail("json_bad_string");
      else if (byte < 0x80) text += String.fromCharCode(this.bytes[this.at++]!);
      else text += this.multiByteCharacter();
    }
    this.at++;
    return text;
  }

  private escape(): string {
    this.at++;
    const letter = String.fromCharCode(this.byte ?? 0);
    if (letter !== "u") {
      const character = escapes.get(letter);
      if (character === undefined) this.failHere("json_bad_escape");
      this.at++;
      return character;
    }
    this.at++;
    let unit = "";
    for (let i = 0; i < 4; i++) {
      const digit = String.fromCharCode(this.byte ?? 0);
      if (!/^[0-9a-fA-F]$/.test(digit)) this.failHere("json_bad_escape");
      unit += digit;
      this.at++;
    }
    return String.fromCharCode(Number.parseInt(unit, 16));
  }

  /**
   * The Unicode Standard, table 3-7. An ill-formed sequence is wrong from its first byte; one
   * that is only cut short is an end.
   */
  private multiByteCharacter(): string {
    const lead = this.byte!;
    const [length, low, high] = secondByte(lead);
    const sequence = this.bytes.subarray(this.at, this.at + length);
    const wellFormed =
      length > 0 &&
      sequence.every((byte, i) => i === 0 || (i === 1 ? byte >= low && byte <= high : byte >= 0x80 && byte <= 0xbf));
    if (!wellFormed) this.fail("json_bad_utf8");
    if (sequence.length < length) this.fail("json_unexpected_end", this.bytes.length);
    this.at += length;
    let codePoint = lead & (0xff >> (length + 1));
    for (const byte of sequence.subarray(1)) codePoint = codePoint * 64 + (byte & 0x3f);
    return String.fromCodePoint(codePoint);
  }
}

/**
 * How long a sequence that begins with `lead` is, and the range of its second byte. Length 0: nothing begins with it.
 */
function secondByte(lead: number): [length: number, low: number, high: number] {
  if (lead >= 0xc2 && lead <= 0xdf) return [2, 0x80, 0xbf];
  if (lead === 0xe0) return [3, 0xa0, 0xbf];
  if (lead === 0xed) return [3, 0x80, 0x9f];
  if (lead >= 0xe1 && lead <= 0xef) return [3, 0x80, 0xbf];
  if (lead === 0xf0) return [4, 0x90, 0xbf];
  if (lead >= 0xf1 && lead <= 0xf3) return [4, 0x80, 0xbf];
  if (lead === 0xf4) return [4, 0x80, 0x8f];
  return [0, 0, 0];
}

export function startsWithByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

export function parseJson(bytes: Uint8Array): Json {
  const reader = new Reader(bytes);
  reader.skipWhiteSpace();
  const value = reader.value();
  reader.skipWhiteSpace();
  if (reader.byte !== undefined) reader.fail("json_trailing_bytes");
  return value;
}
