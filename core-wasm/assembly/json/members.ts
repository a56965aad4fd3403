// The members of one object that is known to be valid, as a table: a name counts once, with its last value,
// at its first place. Lives in the arena until the caller releases it. A list of strings is a table as well:
// each is a name, and its own value.
import { allocate } from "../abi/arena";
import { OPEN_BRACKET, QUOTE, skipSpace } from "./bytes";
import { endOfValue, scanColon } from "./scanner";
import { equalStrings, hashString } from "./string-text";
import { endOfString, hasEscape } from "./strings";

/** One member: the inside of its name and its value. */
@unmanaged
export class Member {
  next: usize;
  chain: usize;
  hash: u32;
  nameStart: usize;
  nameEnd: usize;
  valueStart: usize;
  valueEnd: usize;
}

@unmanaged
export class Members {
  first: usize;
  last: usize;
  count: u32;
  mask: u32;
  buckets: usize;
}

// @ts-ignore: decorator
@inline
function isList(value: usize): bool {
  return load<u8>(value) == OPEN_BRACKET;
}

/** The byte that ends an object or a list: in ASCII, the next but one to that which begins it. */
// @ts-ignore: decorator
@inline
function closing(value: usize): u8 {
  return load<u8>(value) + 2;
}

/** Of an object or a list of strings; -1 for another list. */
function countMembers(value: usize): i32 {
  const list = isList(value);
  const close = closing(value);
  let address = skipSpace(value + 1);
  let count = 0;
  while (load<u8>(address) != close) {
    if (load<u8>(address) != QUOTE) return -1;
    ++count;
    address = endOfString(address + 1) + 1;
    if (!list) address = endOfValue(scanColon(address, address + 1));
    address = skipSpace(address);
    if (load<u8>(address) != close) address = skipSpace(address + 1);
  }
  return count;
}

export function isListOfStrings(value: usize): bool {
  return isList(value) && countMembers(value) >= 0;
}

function createTable(count: u32): Members | null {
  let size: u32 = 8;
  while (size < count) size <<= 1;
  const table = allocate(offsetof<Members>() + (size << 2));
  if (!table) return null;
  const members = changetype<Members>(table);
  members.mask = size - 1;
  members.buckets = table + offsetof<Members>();
  return members;
}

/** The table of the object or the list of strings at `value`; null when memory could not grow. */
export function readMembers(value: usize): Members | null {
  const members = createTable(countMembers(value));
  if (!members) return null;
  const list = isList(value);
  const close = closing(value);
  let address = skipSpace(value + 1);
  while (load<u8>(address) != close) {
    const nameStart = address + 1;
    const nameEnd = endOfString(nameStart);
    const valueStart = list ? address : scanColon(nameEnd + 1, nameEnd + 2);
    const valueEnd = list ? nameEnd + 1 : endOfValue(valueStart);
    if (!putMember(members, nameStart, nameEnd, valueStart, valueEnd)) return null;
    address = skipSpace(valueEnd);
    if (load<u8>(address) != close) address = skipSpace(address + 1);
  }
  return members;
}

function putMember(members: Members, nameStart: usize, nameEnd: usize, valueStart: usize, valueEnd: usize): bool {
  const hash = hashString(nameStart, nameEnd, hasEscape(nameStart, nameEnd));
  let member = findHashed(members, nameStart, nameEnd, hash);
  if (!member) {
    const room = allocate(offsetof<Member>());
    if (!room) return false;
    member = changetype<Member>(room);
    member.hash = hash;
    member.nameStart = nameStart;
    member.nameEnd = nameEnd;
    link(members, member);
  }
  member.valueStart = valueStart;
  member.valueEnd = valueEnd;
  return true;
}

function link(members: Members, member: Member): void {
  const address = changetype<usize>(member);
  const bucket = members.buckets + ((member.hash & members.mask) << 2);
  member.chain = load<u32>(bucket);
  store<u32>(bucket, <u32>address);
  if (members.last) changetype<Member>(members.last).next = address;
  else members.first = address;
  members.last = address;
  ++members.count;
}

function findHashed(members: Members, nameStart: usize, nameEnd: usize, hash: u32): Member | null {
  let address = <usize>load<u32>(members.buckets + ((hash & members.mask) << 2));
  while (address) {
    const member = changetype<Member>(address);
    if (member.hash == hash && equalStrings(member.nameStart, member.nameEnd, nameStart, nameEnd)) return member;
    address = member.chain;
  }
  return null;
}

/** The member of `members` that has the same name as `other`, a member of another table. */
export function findMember(members: Members, other: Member): Member | null {
  return findHashed(members, other.nameStart, other.nameEnd, other.hash);
}
