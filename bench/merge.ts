// One merge against msal-node's own: TokenCache.deserialize of theirs and serialize. Twice: in the core alone (the documents and the
// result in its memory), and bytes in and bytes out as the plugin has it (`CacheView`): three documents go in, one comes out into a room
// that is used again, and all memory of the core that was used is filled with zeros, as is the room of the result before.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { PublicClientApplication } from "@azure/msal-node";
import { CacheMerger } from "../hosts/shared/cache-merger.ts";
import { DocumentRooms } from "../hosts/shared/document-rooms.ts";
import { STATUS } from "../hosts/shared/status.ts";
import { createTriple } from "./documents.ts";
import { instantiatePure } from "./pure-core.ts";
import { alternate, type Spread, spreadOf, type Timed, timed, timeOf } from "./statistics.ts";

const require = createRequire(import.meta.url);
const ROUNDS = 21;
const WARM_UP_ROUNDS = 4;
/** In a row, so that what is measured is warm: msal-node leaves nothing in the caches of the processor. */
const MIN_CALLS = 10;
/** Goals of the release build, as a multiple of msal-node's speed. */
const GOALS: ReadonlyMap<number, number> = new Map([
  [5, 8],
  [50, 10.6],
  [500, 17.5],
  [5000, 13],
]);

export interface MergeRow {
  readonly entities: number;
  readonly documentBytes: number;
  readonly goal: number;
  /** Microseconds a merge. */
  readonly msalNode: Spread;
  readonly core: Spread;
  readonly corePortable: Spread;
  readonly bytes: Spread;
  readonly bytesPortable: Spread;
}

function load(specifier: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(require.resolve(specifier)));
}

function callsFor(entities: number): number {
  return Math.max(MIN_CALLS, Math.round(2000 / entities));
}

type Documents = readonly [base: Uint8Array, ours: Uint8Array, theirs: Uint8Array];

/** Times the core's own merge: what the copies and the zeros cost is left out. */
export function coreMerge(module: WebAssembly.Module, documents: Documents): Timed {
  const core = instantiatePure(module);
  return () => {
    const places = documents.map((document) => {
      const pointer = core.alloc(document.length) >>> 0;
      new Uint8Array(core.memory.buffer).set(document, pointer);
      return pointer;
    }) as [number, number, number];
    const [base, ours, theirs] = documents;
    let status = STATUS.ok as number;
    const time = timeOf(() => {
      status = core.merge(places[0], base.length, places[1], ours.length, places[2], theirs.length);
    });
    core.reset();
    if (status !== STATUS.ok) throw new Error(`The core refused to merge: status ${status}`); // it would look fast
    return time;
  };
}

/** Times a merge as the plugin does it, the documents in JavaScript's memory. */
function bytesMerge(module: WebAssembly.Module, [base, ours, theirs]: Documents): Timed {
  const rooms = new DocumentRooms();
  const merger = CacheMerger.create(module, { take: (length) => rooms.take(length) });
  return timed(() => rooms.keepOnly(merger.merge(base, ours, theirs).content));
}

export function benchMerge(progress: (text: string) => void, sizes: readonly number[] = [...GOALS.keys()]): MergeRow[] {
  const [release, portable] = [load("msal-extensions/core.wasm"), load("msal-extensions/core.portable.wasm")];
  const encoder = new TextEncoder();
  return sizes.map((entities) => {
    const goal = GOALS.get(entities)!;
    progress(`merge, ${entities} entities`);
    const triple = createTriple(entities);
    const documents = [triple.base, triple.ours, triple.theirs].map((text) => encoder.encode(text));
    const [base, ours, theirs] = documents as unknown as Documents;
    const tokenCache = new PublicClientApplication({ auth: { clientId: "bench" } }).getTokenCache();
    const contenders: Timed[] = [
      timed(() => {
        tokenCache.deserialize(triple.theirs);
        tokenCache.serialize();
      }),
      coreMerge(release, [base, ours, theirs]),
      coreMerge(portable, [base, ours, theirs]),
      bytesMerge(release, [base, ours, theirs]),
      bytesMerge(portable, [base, ours, theirs]),
    ];
    const calls = callsFor(entities);
    alternate(contenders, WARM_UP_ROUNDS, calls);
    const spreads = alternate(contenders, ROUNDS, calls).map(spreadOf);
    const [msalNode, core, corePortable, bytes, bytesPortable] = spreads as [Spread, Spread, Spread, Spread, Spread];
    return { entities, documentBytes: theirs.length, goal, msalNode, core, corePortable, bytes, bytesPortable };
  });
}
