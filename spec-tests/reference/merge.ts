/** The merge of docs/merge.md, rule by rule. */

import {
  credentialSections,
  emptyDocument,
  entities,
  foreign,
  isCredentialSection,
  isSectionName,
  parseDocument,
  salvagedMember,
  sectionNames,
} from "./document.ts";
import { type Json, type JsonObject, startsWithByteOrderMark } from "./json.ts";
import { equal, field, isObject, member, stringField, timestampField, write } from "./value.ts";

export interface ReferenceMerge {
  readonly value: JsonObject;
  readonly content: Uint8Array;
  readonly unchanged: boolean;
  readonly added: number;
  readonly updated: number;
  readonly removed: number;
  readonly conflicts: number;
  readonly accountsAdded: readonly string[];
  readonly accountsRemoved: readonly string[];
}

interface Documents {
  readonly base: JsonObject | undefined;
  readonly ours: JsonObject;
  readonly theirs: JsonObject;
  /** What theirs lacks of base was lost, not removed. */
  readonly theirsIsSalvaged: boolean;
}

/** What one side did away with by signing out: credentials, by section and key. */
type Dropped = (section: string, key: string) => boolean;

interface Decision {
  readonly value: Json | undefined;
  readonly conflict: boolean;
}

export function referenceMerge(
  baseContent: Uint8Array | undefined,
  oursContent: Uint8Array,
  theirsContent: Uint8Array | undefined,
): ReferenceMerge {
  const theirs = parseDocument(theirsContent, "theirs");
  const base = baseContent === undefined ? undefined : parseDocument(baseContent, "base");
  const ours = parseDocument(oursContent, "ours");
  const documents = { base, ours, theirs, theirsIsSalvaged: isNewlySalvaged(base, theirs) };

  const { value, conflicts } = mergeDocuments(documents);
  const unchanged = equal(value, theirs);
  return {
    value,
    content: unchanged && theirsContent && !isBlank(theirsContent) ? withoutByteOrderMark(theirsContent) : write(value),
    unchanged,
    conflicts,
    ...countEntities(value, theirs),
    accountsAdded: keysMissingIn(theirs, value, "Account"),
    accountsRemoved: keysMissingIn(value, theirs, "Account"),
  };
}

function isNewlySalvaged(base: JsonObject | undefined, theirs: JsonObject): boolean {
  const mark = theirs.members.get(salvagedMember)?.value;
  return mark !== undefined && !equal(mark, base?.members.get(salvagedMember)?.value);
}

function withoutByteOrderMark(content: Uint8Array): Uint8Array {
  return startsWithByteOrderMark(content) ? content.subarray(3) : content;
}

/** No bytes, or white space only: the empty document, whose bytes are no JSON. */
function isBlank(content: Uint8Array): boolean {
  return /^\ufeff?[ \t\r\n]*$/.test(Buffer.from(content).toString());
}

function mergeDocuments(documents: Documents): { value: JsonObject; conflicts: number } {
  const { base, ours, theirs } = documents;
  const value = emptyDocument();
  const dropped = signOuts(documents);
  let conflicts = 0;
  for (const name of names(theirs.members, ours.members, base?.members ?? new Map())) {
    let merged: Json | undefined;
    if (isSectionName(name)) {
      const section = mergeSection(name, documents, dropped);
      conflicts += section.conflicts;
      merged = section.value;
    } else {
      merged = mergeForeign(name, documents);
    }
    if (merged !== undefined) {
      value.members.set(name, member(name, merged, theirs.members.get(name), ours.members.get(name)));
    }
  }
  return { value, conflicts };
}

/** Theirs' order, then the new ones in our order. (Last, what only base has: a salvage may have lost it.) */
function names(...maps: ReadonlyArray<ReadonlyMap<string, unknown>>): Set<string> {
  return new Set(maps.flatMap((map) => [...map.keys()]));
}

function mergeForeign(name: string, { base, ours, theirs, theirsIsSalvaged }: Documents): Json | undefined {
  const before = base && foreign(base, name);
  const mine = foreign(ours, name);
  const stored = foreign(theirs, name);
  if (name === salvagedMember) return stored;
  if (mine !== undefined && !equal(mine, before)) return equal(mine, stored) ? stored : mine;
  return stored ?? (theirsIsSalvaged ? (mine ?? before) : undefined);
}

function mergeSection(
  name: string,
  documents: Documents,
  dropped: Dropped,
): { value: Json | undefined; conflicts: number } {
  const { base, ours, theirs, theirsIsSalvaged } = documents;
  const before = base ? entities(base, name) : new Map<string, Json>();
  const mine = entities(ours, name);
  const stored = entities(theirs, name);
  const section = emptyDocument();
  let conflicts = 0;
  for (const key of names(stored, mine)) {
    if (dropped(name, key)) continue;
    const b = before.get(key);
    const x = mine.get(key);
    // What was lost counts as equal to base; if we still have it so, it is our copy that is put back.
    const lost = theirsIsSalvaged && !stored.has(key) ? (equal(b, x) ? x : b) : undefined;
    const decision = decide(name, b, x, stored.get(key) ?? lost);
    if (decision.conflict) conflicts++;
    if (decision.value === undefined) continue;
    const spelt = [theirs, ours].map((document) => entityMember(document, name, key));
    section.members.set(key, member(key, decision.value, ...spelt));
  }
  return { value: sectionValue(name, section, documents), conflicts };
}

function entityMember(document: JsonObject, section: string, key: string) {
  const value = document.members.get(section)?.value;
  return isObject(value) ? value.members.get(key) : undefined;
}

function sectionValue(name: string, section: JsonObject, documents: Documents): Json | undefined {
  const stored = documents.theirs.members.get(name)?.value;
  if (equal(section, stored)) return stored;
  if (section.members.size > 0 || isObject(stored)) return section;
  return mergeForeign(name, documents);
}

/** The table. `b`, `x` and `y` are the entity in base, ours and theirs. */
function decide(section: string, b: Json | undefined, x: Json | undefined, y: Json | undefined): Decision {
  const taken = (value: Json | undefined): Decision => ({ value, conflict: false });
  if (b === undefined) {
    if (x === undefined || y === undefined) return taken(y ?? x);
  } else {
    const oursIsBase = equal(b, x);
    const theirsIsBase = equal(b, y);
    if (oursIsBase) return taken(y);
    if (theirsIsBase) return taken(x);
    if (x === undefined || y === undefined) return taken(y ?? x);
  }
  if (equal(x, y)) return taken(y);
  return { value: isCredentialSection(section) ? later(x, y) : mergeFields(b, x, y), conflict: true };
}

function later(x: Json, y: Json): Json {
  for (const name of ["cached_at", "expires_on", "last_modification_time"]) {
    const ours = timestampField(x, name);
    const theirs = timestampField(y, name);
    if (ours !== theirs) return ours > theirs ? x : y;
  }
  return x;
}

function mergeFields(b: Json | undefined, x: Json, y: Json): Json {
  if (!isObject(x) || !isObject(y)) return x;
  const merged = emptyDocument();
  for (const name of names(y.members, x.members)) {
    const value = mergeField(field(b, name), field(x, name), field(y, name));
    if (value !== undefined) merged.members.set(name, member(name, value, y.members.get(name), x.members.get(name)));
  }
  return equal(merged, y) ? y : merged;
}

function mergeField(b: Json | undefined, x: Json | undefined, y: Json | undefined): Json | undefined {
  if (equal(b, x) || equal(x, y)) return y;
  if (equal(b, y)) return x;
  const ours = stringsOf(x);
  const theirs = stringsOf(y);
  return ours === undefined || theirs === undefined ? (x ?? y) : mergeLists(stringsOf(b) ?? new Map(), ours, theirs);
}

/** What both have, and what each has added. */
function mergeLists(known: Strings, ours: Strings, theirs: Strings): Json {
  const stay = [...theirs].filter(([text]) => ours.has(text) || !known.has(text));
  const come = [...ours].filter(([text]) => !theirs.has(text) && !known.has(text));
  return { type: "array", items: [...stay, ...come].map(([, item]) => item) };
}

/** From text to item. */
type Strings = ReadonlyMap<string, Json>;

/** `undefined`: this is no list of strings. */
function stringsOf(value: Json | undefined): Strings | undefined {
  if (value?.type !== "array") return undefined;
  const strings = new Map<string, Json>();
  for (const item of value.items) {
    if (item.type !== "string") return undefined;
    strings.set(item.text, item);
  }
  return strings;
}

function signOuts(documents: Documents): Dropped {
  const { base, ours, theirs, theirsIsSalvaged } = documents;
  if (base === undefined) return () => false;
  const dropped = new Set<string>();
  signOutsOf(ours, theirs, base, dropped);
  if (!theirsIsSalvaged) signOutsOf(theirs, ours, base, dropped);
  return (section, key) => dropped.has(JSON.stringify([section, key]));
}

/** Adds the credentials that go because `x` signed an account out. */
function signOutsOf(x: JsonObject, y: JsonObject, base: JsonObject, dropped: Set<string>): void {
  for (const [key, account] of entities(base, "Account")) {
    if (entities(x, "Account").has(key)) continue;
    const other = entities(y, "Account").get(key);
    if (other !== undefined && !equal(other, account)) continue;
    const holder = holderOf(account);
    if (holder === undefined) continue;
    if ([...entities(x, "Account").values()].some((another) => holderOf(another) === holder)) continue;
    if (hasSignedIn(holder, y, base)) continue;
    dropCredentials(holder, x, y, base, dropped);
  }
}

/** Has this side an account of the holder that base has not, or has otherwise? */
function hasSignedIn(holder: string, side: JsonObject, base: JsonObject): boolean {
  const before = entities(base, "Account");
  return [...entities(side, "Account")].some(
    ([key, account]) => holderOf(account) === holder && !equal(account, before.get(key)),
  );
}

function dropCredentials(holder: string, x: JsonObject, y: JsonObject, base: JsonObject, dropped: Set<string>): void {
  const clients = new Set<string>();
  for (const section of credentialSections) {
    for (const [key, credential] of entities(base, section)) {
      if (holderOf(credential) !== holder || entities(x, section).has(key)) continue;
      dropped.add(JSON.stringify([section, key]));
      const client = stringField(credential, "client_id");
      if (client !== undefined) clients.add(client);
    }
  }
  for (const section of credentialSections) {
    for (const [key, credential] of entities(y, section)) {
      const isNew = !entities(base, section).has(key) && !entities(x, section).has(key);
      const client = stringField(credential, "client_id");
      if (isNew && holderOf(credential) === holder && client !== undefined && clients.has(client)) {
        dropped.add(JSON.stringify([section, key]));
      }
    }
  }
}

/** H: the account an entity belongs to; undefined unless both parts are strings. */
function holderOf(entity: Json): string | undefined {
  const id = stringField(entity, "home_account_id");
  const environment = stringField(entity, "environment");
  return id === undefined || environment === undefined ? undefined : JSON.stringify([id, environment]);
}

function countEntities(result: JsonObject, theirs: JsonObject): { added: number; updated: number; removed: number } {
  let [added, updated, removed] = [0, 0, 0];
  for (const section of sectionNames) {
    const before = entities(theirs, section);
    for (const [key, entity] of entities(result, section)) {
      if (!before.has(key)) added++;
      else if (!equal(entity, before.get(key))) updated++;
    }
    removed += keysMissingIn(result, theirs, section).length;
  }
  return { added, updated, removed };
}

/** The keys of a section of `present` that `missing` does not have. */
function keysMissingIn(missing: JsonObject, present: JsonObject, section: string): string[] {
  const keys = entities(missing, section);
  return [...entities(present, section).keys()].filter((key) => !keys.has(key));
}
