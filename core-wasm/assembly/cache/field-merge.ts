// Account and AppMetadata entities that both sides changed: field by field, ours where both changed the same field,
// unless that is a list of strings.
import { CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from "../json/bytes";
import { equalValues } from "../json/equality";
import { Member, Members, findMember, isListOfStrings, readMembers } from "../json/members";
import { beginText, putByte, putSpan, textLength, textPointer } from "../abi/text";

/** The merged entity; start 0 when the two are not both objects (ours then counts whole). */
export let mergedStart: usize = 0;
export let mergedEnd: usize = 0;

let base: Members | null = null;
let separator: bool = false;

/** Merges two entities; `baseObject` 0: none. False when memory could not grow. */
export function mergeFields(baseObject: usize, oursObject: usize, theirsObject: usize): bool {
  mergedStart = 0;
  if (load<u8>(oursObject) != OPEN_BRACE || load<u8>(theirsObject) != OPEN_BRACE) return true;
  base = null;
  if (baseObject && load<u8>(baseObject) == OPEN_BRACE) {
    base = readMembers(baseObject);
    if (!base) return false;
  }
  const ours = readMembers(oursObject);
  const theirs = readMembers(theirsObject);
  if (!ours || !theirs || !beginText(sizeOf(ours) + sizeOf(theirs) + 2)) return false;
  putByte(OPEN_BRACE);
  separator = false;
  for (let at = theirs.first; at; at = changetype<Member>(at).next) {
    if (!mergeTheirs(changetype<Member>(at), ours)) return false;
  }
  for (let at = ours.first; at; at = changetype<Member>(at).next) mergeOurs(changetype<Member>(at), theirs);
  putByte(CLOSE_BRACE);
  mergedStart = textPointer();
  mergedEnd = mergedStart + textLength();
  return true;
}

function sizeOf(members: Members): usize {
  let size: usize = 0;
  for (let at = members.first; at; at = changetype<Member>(at).next) {
    const member = changetype<Member>(at);
    size += member.nameEnd - member.nameStart + (member.valueEnd - member.valueStart) + 4;
  }
  return size;
}

function inBase(member: Member): Member | null {
  const members = base;
  return members ? findMember(members, member) : null;
}

function equalMembers(left: Member, right: Member): bool {
  return equalValues(left.valueStart, left.valueEnd, right.valueStart, right.valueEnd);
}

/** A field that theirs has. False when memory could not grow. */
function mergeTheirs(member: Member, oursMembers: Members): bool {
  const ours = findMember(oursMembers, member);
  const before = inBase(member);
  if (!ours) {
    const removedByUs = before != null && equalMembers(before, member);
    if (!removedByUs) writeMember(member);
    return true;
  }
  const unchangedByUs = before != null && equalMembers(before, ours);
  if (unchangedByUs || equalMembers(ours, member)) writeMember(member);
  else if (before != null && equalMembers(before, member)) writeMember(ours);
  else return mergeBoth(before, ours, member);
  return true;
}

/**
 * A field that both changed, each in its way: ours, or of two lists of strings what both have and what each has added.
 */
function mergeBoth(before: Member | null, ours: Member, theirs: Member): bool {
  if (!isListOfStrings(ours.valueStart) || !isListOfStrings(theirs.valueStart)) {
    writeMember(ours);
    return true;
  }
  const known = before != null && isListOfStrings(before.valueStart) ? before : null;
  const knownItems = known ? readMembers(known.valueStart) : null;
  const oursItems = readMembers(ours.valueStart);
  const theirsItems = readMembers(theirs.valueStart);
  if ((known && !knownItems) || !oursItems || !theirsItems) return false;
  writeName(theirs);
  putByte(OPEN_BRACKET);
  separator = false;
  writeItems(theirsItems, oursItems, true, knownItems);
  writeItems(oursItems, theirsItems, false, knownItems);
  putByte(CLOSE_BRACKET);
  separator = true;
  return true;
}

/** Those that are new. Those that `others` has, too: when `shared`. */
function writeItems(items: Members, others: Members, shared: bool, known: Members | null): void {
  for (let at = items.first; at; at = changetype<Member>(at).next) {
    const item = changetype<Member>(at);
    const isNew = !known || !findMember(known, item);
    if (!(findMember(others, item) ? shared : isNew)) continue;
    separate();
    putSpan(item.valueStart, item.valueEnd);
  }
}

/** A field that only ours has. */
function mergeOurs(member: Member, theirsMembers: Members): void {
  if (findMember(theirsMembers, member)) return;
  const before = inBase(member);
  const removedByThem = before != null && equalMembers(before, member);
  if (!removedByThem) writeMember(member);
}

function writeMember(member: Member): void {
  writeName(member);
  putSpan(member.valueStart, member.valueEnd);
}

function writeName(member: Member): void {
  separate();
  putByte(QUOTE);
  putSpan(member.nameStart, member.nameEnd);
  putByte(QUOTE);
  putByte(COLON);
}

function separate(): void {
  if (separator) putByte(COMMA);
  separator = true;
}
