import type { Json, JsonObject, Member } from "./json.ts";

/** One text for all spellings of a number: sign, digits without zeros at either end, exponent. */
function canonicalNumber(spelling: string): string {
  const [, sign, whole, fraction = "", exponentSign = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?)(\d+))?$/.exec(spelling)!;
  if (exponent.length > 9) return `spelt ${spelling}`;
  const digits = (whole! + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const scale = Number(exponentSign + exponent) - fraction.length + (digits.length - significant.length);
  return `${sign}${significant}e${scale}`;
}

function text(value: Json, arrange: (names: string[]) => string[]): string {
  switch (value.type) {
    case "literal":
      return value.text;
    case "number":
      return canonicalNumber(value.text);
    case "string":
      return JSON.stringify(value.text);
    case "array":
      return `[${value.items.map((item) => text(item, arrange)).join()}]`;
    case "object": {
      const names = arrange([...value.members.keys()]);
      return `{${names.map((name) => `${JSON.stringify(name)}:${text(value.members.get(name)!.value, arrange)}`).join()}}`;
    }
  }
}

/** The same text for equal values, a different one for different values. */
export const canonical = (value: Json): string => text(value, (names) => names.sort());

/** As `canonical`, and the members of objects stand in their order. */
export const ordered = (value: Json): string => text(value, (names) => names);

export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonical(a) === canonical(b);
}

export const isObject = (value: Json | undefined): value is JsonObject => value?.type === "object";

export function field(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) ? value.members.get(name)?.value : undefined;
}

export function stringField(value: Json | undefined, name: string): string | undefined {
  const found = field(value, name);
  return found?.type === "string" ? found.text : undefined;
}

/** -1 for no timestamp, which is earlier than every timestamp. */
export function timestampField(value: Json | undefined, name: string): number {
  const found = field(value, name);
  if (found?.type !== "string" && found?.type !== "number") return -1;
  return /^[0-9]{1,15}$/.test(found.text) ? Number(found.text) : -1;
}

/** The value's own bytes where it has them, so that what did not change is not respelt. */
export function write(value: Json): Uint8Array {
  if (value.raw !== undefined) return value.raw;
  const parts: Uint8Array[] = [];
  if (value.type === "array") {
    for (const item of value.items) parts.push(bytes(parts.length === 0 ? "[" : ","), write(item));
    return parts.length === 0 ? bytes("[]") : new Uint8Array(Buffer.concat([...parts, bytes("]")]));
  }
  if (value.type !== "object") throw new Error("only objects and arrays are ever put together");
  for (const member of value.members.values()) {
    parts.push(bytes(parts.length === 0 ? "{" : ","), member.spelling, bytes(":"), write(member.value));
  }
  return parts.length === 0 ? bytes("{}") : new Uint8Array(Buffer.concat([...parts, bytes("}")]));
}

export const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

export function member(name: string, value: Json, ...spelledLike: ReadonlyArray<Member | undefined>): Member {
  const spelling = spelledLike.find((other) => other !== undefined)?.spelling ?? bytes(JSON.stringify(name));
  return { spelling, value };
}
