import type { Clock, StoreVersion } from "../core/capabilities.ts";
import { type FileStatus, type Files, quietly } from "./file-system.ts";

const NS_PER_US = 1000n;
const NS_PER_MS = 1_000_000n;
const US_PER_MS = 1000;
/** What floating point may take away is less than this. */
const STEP_US = 2;
/** Further in the future the time before was not given here: the clock has been set back. */
const AHEAD_NS = 20n * NS_PER_MS;

/**
 * Gives a file that has just been written a time of its own, at most 2 ms from now. Writing alone leaves the time
 * that the kernel's clock shows, which before Linux 6.13 is the same for a whole tick (1 to 10 ms): it proves
 * nothing. The time given here is of whole microseconds, but not of whole milliseconds, and lies in the next
 * millisecond, or later than the time that was there. No file gets the same one twice: it is dated once, when it is
 * new, or each time that an item was written, which takes more than a millisecond. So a file that is found with the
 * same time again has not been written since.
 *
 * @param before what the file was until it was written; `undefined`: it is new
 * @returns its version now, and whether that is unique for certain: some file systems, and Deno, have
 *   no times finer than milliseconds
 */
export async function dateUniquely(
  files: Files,
  fd: number,
  before: FileStatus | undefined,
  clock: Pick<Clock, "now" | "random">,
): Promise<StoreVersion> {
  const written = (await files.fstat(fd)).mtimeNs;
  const isAhead = before !== undefined && before.mtimeNs > written && before.mtimeNs - written < AHEAD_NS;
  const latest = isAhead ? before.mtimeNs : written;
  await quietly(setTime(files, fd, Math.max(ofNextMillisecond(written, clock), after(latest)))); // refused: not unique
  const { mtimeNs, size, ino } = await files.fstat(fd);
  return { mtimeNs, size, inode: ino, isUnique: mtimeNs > latest && mtimeNs % NS_PER_MS !== 0n };
}

const setTime = (files: Files, fd: number, us: number) => files.futimes(fd, us / 1e6);

/** In microseconds. */
function ofNextMillisecond(written: bigint, { now, random }: Pick<Clock, "now" | "random">): number {
  const ms = Math.max(now(), Number(written / NS_PER_MS)) + 1;
  return ms * US_PER_MS + STEP_US + Math.floor(random() * (US_PER_MS - STEP_US));
}

/** In microseconds. */
function after(ns: bigint): number {
  const us = Number(ns / NS_PER_US) + STEP_US;
  return us % US_PER_MS < STEP_US ? us + STEP_US : us;
}
