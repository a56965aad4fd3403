// Names that nobody else has, in the form the hosts in JavaScript use: they sweep what
// killed writers left behind by it.

import { inode, modified } from "./files";
import { pid } from "./identity";
import {
  appendByte,
  appendDecimal,
  appendHex,
  appendPadded,
  append,
  appendText,
  baseStart,
  bytesOf,
  copyPath,
  cutToFolder,
  lengthOf,
} from "./path";
import { now, randomBits } from "./system";

const DOT: u32 = 0x2e;
const DAY: u64 = 86400;

/** `.<name>.<pid>.<12 digits>.tmp` beside `target`. */
export function nameTemporary(path: usize, target: usize): void {
  const from = baseStart(target);
  copyPath(path, target);
  cutToFolder(path);
  appendByte(path, DOT);
  append(path, bytesOf(target) + from, lengthOf(target) - from);
  appendByte(path, DOT);
  appendDecimal(path, pid);
  appendByte(path, DOT);
  appendHex(path, randomBits(), 12);
  appendText(path, ".tmp");
}

/** `<location>.damaged-<time>-<8 digits>`. */
export function nameDamaged(path: usize, location: usize): void {
  nameAside(path, location, now(), randomBits());
}

/** The same for the file whose status was taken last: always the same name for the same file. */
export function nameDamagedLink(path: usize, location: usize): void {
  nameAside(path, location, modified(), inode());
}

function nameAside(path: usize, location: usize, nanoseconds: u64, bits: u64): void {
  copyPath(path, location);
  appendText(path, ".damaged-");
  appendTime(path, nanoseconds / 1000000000);
  appendByte(path, 0x2d);
  appendHex(path, bits, 8);
}

/** `20261231T235959Z`. */
function appendTime(path: usize, seconds: u64): void {
  appendDate(path, seconds / DAY);
  const ofDay = seconds % DAY;
  appendByte(path, 0x54);
  appendPadded(path, ofDay / 3600, 2);
  appendPadded(path, (ofDay / 60) % 60, 2);
  appendPadded(path, ofDay % 60, 2);
  appendByte(path, 0x5a);
}

/** Of the Gregorian calendar, counted in years that begin in March, so that a leap day is the last one. */
function appendDate(path: usize, days: u64): void {
  const shifted = days + 719468; // since 1 March of the year 0
  const era = shifted / 146097; // 400 years
  const ofEra = shifted % 146097;
  const year = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146096) / 365;
  const ofYear = ofEra - (365 * year + year / 4 - year / 100);
  const fromMarch = (5 * ofYear + 2) / 153;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  appendPadded(path, era * 400 + year + (month <= 2 ? 1 : 0), 4);
  appendPadded(path, month, 2);
  appendPadded(path, ofYear - (153 * fromMarch + 2) / 5 + 1, 2);
}
