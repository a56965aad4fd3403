import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import type { Random } from "../simulator/schedule/random.ts";
import { run } from "../support/run.ts";
import type { Entry } from "./entries.ts";

type Write = Extract<Entry, { kind: "write" }>;

/** What a disk writes whole or not at all, at most. */
const SECTOR_BYTES = 4096;

/**
 * What is on a disk for certain, in a file: all that was written before the last flush. What was written since may be
 * there or not, each part by itself.
 */
export class DiskImage {
  readonly path: string;
  readonly #file: number;
  #uncertain: Write[] = [];

  constructor(path: string, mebibytes: number) {
    this.path = path;
    this.#file = openSync(path, "w+");
    ftruncateSync(this.#file, mebibytes * 2 ** 20);
  }

  take(entry: Entry): void {
    if (entry.kind === "write") this.#uncertain.push(entry);
    if (entry.kind !== "flush") return;
    for (const write of this.#uncertain) put(this.#file, write);
    this.#uncertain = [];
  }

  /** What a power cut may leave, into another file. */
  cutPower(path: string, random: Random): void {
    run("cp", "--sparse=always", this.path, path); // hardly anything is on it
    const file = openSync(path, "r+");
    const survives = chance(random, this.#uncertain.length);
    for (const [index, write] of this.#uncertain.entries()) {
      for (const sector of sectors(write)) if (survives(index)) put(file, sector);
    }
    closeSync(file);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** All of it, none, up to some point, or half of it. */
function chance(random: Random, writes: number): (index: number) => boolean {
  const kind = random.below(4);
  const end = random.below(writes + 1);
  return (index) => [true, false, index < end, random.chance(0.5)][kind]!;
}

function put(file: number, { offset, content }: Write): void {
  writeSync(file, content, 0, content.length, offset);
}

function* sectors({ kind, offset, content }: Write): Iterable<Write> {
  for (let at = 0; at < content.length; at += SECTOR_BYTES) {
    yield { kind, offset: offset + at, content: content.subarray(at, at + SECTOR_BYTES) };
  }
}
