// Memory that runs out anywhere in a merge, a salvage or an inspection of any vector. Whoever only compares two values
// has no way to say so: what it takes for different then must not become a result.
import { describe, expect, it } from "vitest";
import { type CoreExports, instantiate } from "../../hosts/shared/core/core-module.ts";
import { DOCUMENT } from "../../hosts/shared/core/follow-document.ts";
import { STATUS } from "../../hosts/shared/errors/status.ts";
import { type BuildName, buildModule, buildNames } from "../support/core-builds.ts";
import { type DocumentVector, documentBytes, readVectors } from "../vectors/read.ts";

/** Where allocations begin (core-wasm/assembly/abi/arena.ts). */
const ALIGNMENT = 16;
/** What is kept free behind an allocation, and behind the last one. */
const BEHIND = 16 + 96;
/** So many more rooms are tried once one has been enough. */
const ENOUGH = 4;

type Place = readonly [pointer: number, length: number];

interface Operation {
  readonly id: string;
  readonly documents: readonly Uint8Array[];
  /** The document of the result is a list of pieces. */
  readonly inPieces?: boolean;
  run(core: CoreExports, ...places: Place[]): number;
}

const bytesOf = (document: DocumentVector | undefined) => documentBytes(document) ?? new Uint8Array(0);
const merges = readVectors("merge").map(({ id, base, ours, theirs }) => ({
  id,
  documents: [base, ours, theirs].map(bytesOf),
}));

function mergeFollowed(core: CoreExports, base: Place, ours: Place, theirs: Place): number {
  const begun = core.begin_merge(...theirs);
  if (begun !== STATUS.ok) return begun;
  for (const [document, place] of [[DOCUMENT.ours, ours] as const, [DOCUMENT.base, base] as const]) {
    const status = core.begin_document(document);
    if (status !== STATUS.ok) return status;
    if (place[1] > 0) core.follow(...place);
  }
  return core.end_merge();
}

const OPERATIONS: Readonly<Record<string, readonly Operation[]>> = {
  merge: merges.map((one) => ({
    ...one,
    run: (core, base, ours, theirs) => core.merge(...base!, ...ours!, ...theirs!),
  })),
  "merge in pieces": merges.map((one) => ({
    ...one,
    inPieces: true,
    run: (core, base, ours, theirs) => mergeFollowed(core, base!, ours!, theirs!),
  })),
  salvage: readVectors("salvage").map(({ id, document }) => ({
    id,
    documents: [bytesOf(document)],
    run: (core, damaged) => core.salvage(...damaged!),
  })),
  inspect: readVectors("inspect").map(({ id, document, nowSeconds }) => ({
    id,
    documents: [bytesOf(document)],
    run: (core, document) => core.inspect(...document!, nowSeconds),
  })),
};

function bareCore(name: BuildName, pages: number): CoreExports {
  const functions = new Proxy({}, { get: (_, import_) => (import_ === "random" ? () => 0.5 : expect.fail) });
  const imports = new Proxy({}, { get: () => functions });
  return instantiate(buildModule(name, pages), imports, { maxBytes: 1 << 20, lockTimeoutMs: 1000 }, () => 0.07);
}

function place(core: CoreExports, bytes: Uint8Array): Place {
  if (bytes.length === 0) return [0, 0];
  const pointer = core.alloc(bytes.length) >>> 0;
  new Uint8Array(core.memory.buffer).set(bytes, pointer);
  return [pointer, bytes.length];
}

/** Leaves so many bytes to what is run next. */
function leave(core: CoreExports, room: number): void {
  const end = (core.alloc(0) >>> 0) + ALIGNMENT;
  const filler = core.memory.buffer.byteLength - BEHIND - room - end;
  if (filler < 0 || core.alloc(filler) === 0) throw new Error(`There is no leaving ${room} bytes.`);
}

/** What became of it, in `room` bytes or with memory enough: the words of the result and what they point at. */
function attempt(core: CoreExports, { documents, inPieces, run }: Operation, room?: number) {
  const places = documents.map((bytes) => place(core, bytes));
  if (room !== undefined) leave(core, room);
  const status = run(core, ...places);
  const outcome = status === STATUS.out_of_memory ? { status } : { status, ...resultOf(core, inPieces) };
  core.reset();
  return outcome;
}

function resultOf(core: CoreExports, inPieces = false) {
  const words = new Uint32Array(core.memory.buffer, core.result() >>> 0, 16);
  const text = (start: number, length: number) => Buffer.from(core.memory.buffer, start, length).toString("latin1");
  const [data, length, detail, detailLength] = [words[3]!, words[4]!, words[10]!, words[11]!];
  return {
    counts: [1, 2, 5, 6, 7, 8, 9].map((at) => words[at]),
    detail: text(detail, detailLength),
    content: inPieces
      ? piecesOf(core, data, length)
          .map((piece) => text(...piece))
          .join("")
      : text(data, length),
  };
}

function piecesOf(core: CoreExports, list: number, count: number): Place[] {
  const words = new Uint32Array(core.memory.buffer, list, 2 * count);
  return [...Array(count).keys()].map((index) => [words[2 * index]!, words[2 * index + 1]!]);
}

describe.each(buildNames)("%s", (name) => {
  const [roomy, narrow] = [bareCore(name, 127), bareCore(name, 1)];

  it.each(Object.entries(OPERATIONS))(
    "%s: the whole result or out_of_memory, whatever room there is",
    (_, operations) => {
      let refusals = 0;
      for (const operation of operations) {
        const whole = attempt(roomy, operation);
        for (let room = 0, enough = 0; enough < ENOUGH; room += ALIGNMENT) {
          const outcome = attempt(narrow, operation, room);
          const hasRunOut = outcome.status === STATUS.out_of_memory;
          if (!hasRunOut) expect(outcome, `${operation.id}, ${room} bytes`).toEqual(whole);
          refusals += Number(hasRunOut);
          enough = hasRunOut ? 0 : enough + 1;
        }
      }
      expect(refusals).toBeGreaterThan(operations.length);
    },
  );
});
