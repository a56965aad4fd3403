/** JSON values that can still be spelt in many ways: numbers are text, members are in order. */
export type Tree = null | boolean | string | { readonly number: string } | readonly Tree[] | TreeObject;

export interface TreeObject {
  readonly members: ReadonlyArray<readonly [name: string, value: Tree]>;
}

export const object = (...members: ReadonlyArray<readonly [string, Tree]>): TreeObject => ({ members });
export const number = (text: string | number): Tree => ({ number: String(text) });
export const isTreeObject = (tree: Tree | undefined): tree is TreeObject =>
  typeof tree === "object" && tree !== null && "members" in tree;

/** A small generator of its own: one drawn seed decides a whole spelling. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    const rest = [...items];
    return items.map(() => rest.splice(this.below(rest.length), 1)[0]!);
  }
}

export interface Style {
  /** Members in another order. */
  readonly shuffle?: boolean;
  /** White space, escapes, other spellings of numbers, names that occur twice. */
  readonly respell?: boolean;
}

/** Spelling a number in another way makes it no timestamp, so the numbers of these stay. */
const timestamps = new Set(["cached_at", "expires_on", "last_modification_time"]);

export function spell(tree: Tree, seed: number, style: Style = {}): string {
  const random = new Random(seed);
  const sometimes = (percent: number): boolean => style.respell === true && random.chance(percent);
  const gap = (): string => (sometimes(25) ? random.pick([" ", "\n", "\t", "\r\n", "  ", "\n    "]) : "");
  const text = (value: string): string => (sometimes(30) ? spellString(value, random) : JSON.stringify(value));
  const member = ([name, value]: readonly [string, Tree]): string =>
    `${gap()}${text(name)}${gap()}:${gap()}${any(value, timestamps.has(name))}${gap()}`;
  const members = (tree: TreeObject): string[] => {
    const inOrder = style.shuffle ? random.shuffled(tree.members) : tree.members;
    const spelt = inOrder.map(member);
    if (inOrder.length > 0 && sometimes(5)) {
      const at = random.below(inOrder.length);
      spelt.push(spelt[at]!);
      spelt[at] = member([inOrder[at]![0], random.pick<Tree>([null, "old", object(["old", true])])]);
    }
    return spelt;
  };
  const any = (value: Tree, isTimestamp = false): string => {
    if (value === null || typeof value === "boolean") return String(value);
    if (typeof value === "string") return text(value);
    if (isTreeObject(value)) return `{${members(value).join() || gap()}}`;
    if ("number" in value) return sometimes(40) && !isTimestamp ? spellNumber(value.number, random) : value.number;
    return `[${value.map((item) => `${gap()}${any(item)}${gap()}`).join() || gap()}]`;
  };
  return gap() + any(tree) + gap();
}

function spellString(value: string, random: Random): string {
  const units =
    JSON.stringify(value)
      .slice(1, -1)
      .match(/\\u[0-9a-f]{4}|\\.|[^\\]/gsu) ?? [];
  return `"${units.map((unit) => (unit.startsWith("\\") || random.chance(60) ? unit : escaped(unit, random))).join("")}"`;
}

function escaped(unit: string, random: Random): string {
  if (unit === "/") return "\\/";
  const digits = [...Array(unit.length).keys()].map((i) => unit.charCodeAt(i).toString(16).padStart(4, "0"));
  return digits.map((code) => `\\u${random.chance(50) ? code.toUpperCase() : code}`).join("");
}

function spellNumber(text: string, random: Random): string {
  if (text === "0") return random.pick(["0", "-0", "0.0", "0e7", "-0.00E-3"]);
  if (/^-?\d+$/.test(text))
    return random.pick([`${text}.0`, `${text}0e-1`, `${text}e0`, `${text}.00E+0`, `${text}00e-02`]);
  if (/^-?\d+\.\d+$/.test(text)) return random.pick([`${text}0`, `${text}e0`, `${text}E-0`]);
  return text;
}
