// One merge against msal-node's own (TokenCache.deserialize of theirs, and serialize), on the runtime that this is
// started with; the rows as one line of JSON.   merge-times.js BUILD [quick]
//
// Twice: in the core alone (the documents and the result in its memory), and bytes in and bytes out as the plugin has
// it (`CacheView`): three documents go in, one comes out into a room that is used again, and all memory of the core
// that was used is filled with zeros, as is the room of the result before.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { PublicClientApplication } from "@azure/msal-node";
import { CacheMerger } from "../../hosts/shared/core/cache-merger.ts";
import type { CoreFile } from "../../hosts/shared/core/core-module.ts";
import { DocumentRooms } from "../../hosts/shared/core/document-rooms.ts";
import { createTriple } from "../documents.ts";
import { type Documents, instantiatePure, timeOfMerge } from "../pure-core.ts";
import { alternate, type Spread, spreadOf, type Timed, timed, timeOf } from "../statistics.ts";

const require = createRequire(import.meta.url);
const ROUNDS = 21;
const WARM_UP_ROUNDS = 4;
const QUICK_ROUNDS = 1;
/** In a row, so that what is measured is warm: msal-node leaves nothing in the caches of the processor. */
const MIN_CALLS = 4;
const SIZES = [5, 50, 500, 5000];
/** MSAL Python writes its cache with so many blanks. */
const INDENT = 4;

/** Microseconds a merge. */
export interface MergeRow {
  readonly entities: number;
  readonly msalNode: Spread;
  readonly core: Spread;
  readonly bytes: Spread;
  /** Ours is indented, base and theirs are not. */
  readonly oursIndented: Spread;
  /** Base and theirs are indented, ours is not; and what msal-node takes for that theirs. */
  readonly storedIndented: Spread;
  readonly msalNodeIndented: Spread;
}

function callsFor(entities: number): number {
  return Math.max(MIN_CALLS, Math.round(2000 / entities));
}

type Texts = readonly [base: string, ours: string, theirs: string];
type Merge = (documents: Documents) => number;

const encoder = new TextEncoder();
const encoded = (texts: Texts) => texts.map((text) => encoder.encode(text)) as unknown as Documents;
const indented = (text: string) => JSON.stringify(JSON.parse(text), null, INDENT);

/** Times a merge as the plugin does it, the documents in JavaScript's memory. */
function createBytesMerge(module: WebAssembly.Module): Merge {
  const rooms = new DocumentRooms();
  const merger = new CacheMerger(module, { take: (length) => rooms.take(length) });
  return ([base, ours, theirs]) => timeOf(() => rooms.keepOnly(merger.merge(base, ours, theirs).content));
}

/** Times msal-node's own way with what is stored. */
function msalMerge(theirs: string): Timed {
  const tokenCache = new PublicClientApplication({ auth: { clientId: "bench" } }).getTokenCache();
  return timed(() => {
    tokenCache.deserialize(theirs);
    tokenCache.serialize();
  });
}

function rowsOf(build: CoreFile, sizes: readonly number[], rounds: number): MergeRow[] {
  const module = new WebAssembly.Module(readFileSync(require.resolve(`msal-extensions/${build}`)));
  const pureCore = instantiatePure(module);
  const bytesMerge = createBytesMerge(module);
  return sizes.map((entities) => {
    const { base, ours, theirs } = createTriple(entities);
    const documents = encoded([base, ours, theirs]);
    const withOursIndented = encoded([base, indented(ours), theirs]);
    const stored = encoded([indented(base), ours, indented(theirs)]);
    const contenders: Timed[] = [
      msalMerge(theirs),
      () => timeOfMerge(pureCore, documents),
      () => bytesMerge(documents),
      () => bytesMerge(withOursIndented),
      () => bytesMerge(stored),
      msalMerge(indented(theirs)),
    ];
    const calls = callsFor(entities);
    alternate(contenders, WARM_UP_ROUNDS, calls);
    const spreads = alternate(contenders, rounds, calls).map(spreadOf);
    const [msalNode, core, bytes, oursIndented, storedIndented, msalNodeIndented] = spreads as [
      ...[Spread, Spread, Spread],
      ...[Spread, Spread, Spread],
    ];
    return { entities, msalNode, core, bytes, oursIndented, storedIndented, msalNodeIndented };
  });
}

const [build, quick] = process.argv.slice(2) as [CoreFile, string?];
const rows = quick ? rowsOf(build, SIZES.slice(0, 1), QUICK_ROUNDS) : rowsOf(build, SIZES, ROUNDS);
process.stdout.write(`${JSON.stringify(rows)}\n`);
