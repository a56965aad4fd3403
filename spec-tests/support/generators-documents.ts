import fc from "fast-check";
import { isTreeObject, number, object, type Tree, type TreeObject } from "./generators-trees.ts";

/** `draw(arbitrary)` gives one value; fast-check's `fc.gen()`. */
export type Draw = <Value>(arbitrary: fc.Arbitrary<Value>) => Value;

export const draws = fc.gen().map(
  (generate): Draw =>
    (arbitrary) =>
      generate(() => arbitrary),
);

const salvagedMember = "msal-extensions.salvaged";
const sectionNames = ["Account", "IdToken", "AccessToken", "RefreshToken", "AppMetadata"];
const isCredentialSection = (name: string): boolean => name.endsWith("Token");

const keys = fc.constantFrom(
  "k1",
  "k2",
  "k3",
  "k4",
  "k5",
  "__proto__",
  "constructor",
  "é-1",
  'a"\\b',
  "0",
  "10",
  "\ud800",
  "𝄞",
  "",
);
const holders = fc.constantFrom("u1", "u1", "u1", "u2");
const environments = fc.constantFrom("e1", "e1", "e1", "e2");
const clients = fc.constantFrom("c1", "c1", "c2");
const times = fc.constantFrom<Tree>(
  "1000",
  "2000",
  "3000",
  number(1000),
  number(2000),
  "02000",
  "",
  number("2e3"),
  null,
  "9999999999999999",
);
const leaves = fc.constantFrom<Tree>(
  null,
  true,
  false,
  "",
  "x",
  "é/𝄞",
  number(0),
  number(7),
  number("1.5"),
  number("12345678901234567890"),
  number("1e9999999999"),
);
const foreignNames = fc.constantFrom("f", "g", "h", "__proto__", "account", "Accounts", "hasOwnProperty", "\ud801");

const values: fc.Arbitrary<Tree> = fc.oneof(
  { weight: 4, arbitrary: leaves },
  { weight: 1, arbitrary: fc.array(leaves, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.tuple(leaves, leaves).map(([a, b]) => object(["p", a], ["__proto__", b])) },
);

/** Members of which each may be missing. */
function fields(
  ...choices: ReadonlyArray<readonly [name: string, value: fc.Arbitrary<Tree>, percent: number]>
): fc.Arbitrary<TreeObject> {
  const members = choices.map(([name, value, percent]) =>
    fc
      .tuple(fc.integer({ min: 1, max: 100 }), value)
      .map(([roll, drawn]) => (roll <= percent ? [[name, drawn] as const] : [])),
  );
  return fc.tuple(...members).map((drawn) => ({ members: drawn.flat() }));
}

const credentials = fields(
  ["home_account_id", holders, 95],
  ["environment", environments, 95],
  ["client_id", fc.oneof({ weight: 9, arbitrary: clients }, { weight: 1, arbitrary: leaves }), 90],
  ["secret", fc.constantFrom("s1", "s2", "s3"), 80],
  ["cached_at", times, 60],
  ["expires_on", times, 50],
  ["last_modification_time", times, 40],
  ["extra", values, 20],
);

const odd = <Value extends Tree>(usual: fc.Arbitrary<Value>): fc.Arbitrary<Tree> =>
  fc.oneof({ weight: 30, arbitrary: usual as fc.Arbitrary<Tree> }, { weight: 1, arbitrary: values });

const accounts = fields(
  ["home_account_id", fc.oneof({ weight: 12, arbitrary: holders }, { weight: 1, arbitrary: leaves }), 95],
  ["environment", environments, 95],
  ["name", fc.constantFrom("ann", "bob"), 60],
  ["realm", fc.constantFrom("t1", "t2"), 50],
  ["tenantProfiles", odd(fc.array(fc.constantFrom("t1", "t2", "\u00e9", "\ud801"), { maxLength: 4 })), 50],
  ["extra", values, 30],
  ["", values, 10],
);

export interface Options {
  /** Every `Account` entity has an account of its own, so a sign-out cannot be undone under another key. */
  readonly oneKeyPerHolder?: boolean;
}

type Members = Array<readonly [string, Tree]>;

export interface Triple {
  readonly base: Tree | undefined;
  readonly ours: Tree;
  readonly theirs: Tree | undefined;
}

/** Three documents that share most of what they hold. */
export function drawTriple(draw: Draw, options: Options = {}): Triple {
  const percent = (limit: number): boolean => draw(fc.integer({ min: 1, max: 100 })) <= limit;
  const entity = (section: string, key: string): Tree => {
    if (section === "Account" && options.oneKeyPerHolder)
      return object(["home_account_id", key], ["environment", "e1"], ["name", draw(leaves)]);
    return draw(odd(isCredentialSection(section) ? credentials : accounts));
  };
  const key = (section: string): string => {
    if (section === "Account" && options.oneKeyPerHolder) return draw(fc.constantFrom("u1", "u2"));
    return draw(keys);
  };
  const addEntities = (section: string, count: number, members: Members): Members => {
    for (let i = 0; i < count; i++) {
      const name = key(section);
      if (members.every(([other]) => other !== name)) members.push([name, entity(section, name)]);
    }
    return members;
  };
  const mark = (): Tree => draw(fc.constantFrom("00000000000000aa", "00000000000000bb"));

  const drawBase = (): TreeObject => {
    const members: Members = [];
    for (const section of sectionNames) {
      if (percent(80))
        members.push([section, percent(4) ? draw(values) : { members: addEntities(section, draw(fc.nat(4)), []) }]);
    }
    for (let i = draw(fc.nat(2)); i > 0; i--) setMember(members, draw(foreignNames), draw(values));
    if (percent(10)) members.push([salvagedMember, mark()]);
    return { members };
  };

  const editEntity = (section: string, name: string, tree: Tree): Tree => {
    if (!isTreeObject(tree) || percent(20)) return entity(section, name);
    const other = entity(section, name);
    if (!isTreeObject(other)) return other;
    const rest = tree.members.filter(() => !percent(10));
    const changed = rest.map(
      ([field, value]) => [field, percent(30) ? (memberOf(other, field) ?? value) : value] as const,
    );
    const added = other.members.filter(([field]) => percent(15) && changed.every(([present]) => present !== field));
    return { members: [...changed, ...added] };
  };

  const editSection = (section: string, tree: Tree): Tree => {
    if (!isTreeObject(tree))
      return percent(30) ? { members: addEntities(section, 1, []) } : percent(20) ? draw(values) : tree;
    if (percent(2)) return draw(values);
    const kept = tree.members.filter(() => !percent(15));
    const edited: Members = kept.map(([name, value]) => [name, percent(20) ? editEntity(section, name, value) : value]);
    return { members: addEntities(section, percent(35) ? 1 : 0, edited) };
  };

  const signOut = (tree: TreeObject): TreeObject => {
    const [holder, environment] = [draw(holders), options.oneKeyPerHolder ? "e1" : draw(environments)];
    const belongs = (value: Tree): boolean =>
      isTreeObject(value) &&
      memberOf(value, "home_account_id") === holder &&
      memberOf(value, "environment") === environment;
    const keepClient = draw(fc.constantFrom(undefined, undefined, "c2"));
    const stays = (section: string, value: Tree): boolean =>
      !belongs(value) ||
      section === "AppMetadata" ||
      (keepClient !== undefined && isTreeObject(value) && memberOf(value, "client_id") === keepClient);
    return {
      members: tree.members.map(([name, value]) => {
        if (!sectionNames.includes(name) || !isTreeObject(value)) return [name, value];
        return [name, { members: value.members.filter(([, child]) => stays(name, child)) }];
      }),
    };
  };

  const edit = (tree: TreeObject): TreeObject => {
    const source = percent(30) ? signOut(tree) : tree;
    const members: Members = [];
    for (const [name, value] of source.members) {
      if (percent(4)) continue;
      if (sectionNames.includes(name)) members.push([name, editSection(name, value)]);
      else members.push([name, percent(20) ? draw(values) : value]);
    }
    for (const section of sectionNames) {
      if (percent(5) && members.every(([name]) => name !== section))
        members.push([section, { members: addEntities(section, 1, []) }]);
    }
    if (percent(20)) setMember(members, draw(foreignNames), draw(values));
    if (percent(15)) setMember(members, salvagedMember, mark());
    return { members: percent(10) ? members.reverse() : members };
  };

  const base = drawBase();
  return {
    base: percent(15) ? undefined : base,
    ours: edit(base),
    theirs: percent(3) ? undefined : percent(15) ? base : edit(base),
  };
}

function setMember(members: Members, name: string, value: Tree): void {
  const at = members.findIndex(([other]) => other === name);
  if (at < 0) members.push([name, value]);
  else members[at] = [name, value];
}

const memberOf = (tree: TreeObject, name: string): Tree | undefined =>
  tree.members.find(([other]) => other === name)?.[1];
