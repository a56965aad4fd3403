// One merge, bytes in and bytes out, against msal-node's own: TokenCache.deserialize of theirs and serialize.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { PublicClientApplication } from "@azure/msal-node";
import { CacheMerger } from "../hosts/shared/cache-merger.ts";
import { createTriple } from "./documents.ts";
import { alternate, type Spread, spreadOf } from "./statistics.ts";

const require = createRequire(import.meta.url);
const ROUNDS = 40;
/** Goals of the release build, as a multiple of msal-node's speed. */
const GOALS: ReadonlyMap<number, number> = new Map([
  [5, 8],
  [50, 10.6],
  [500, 17.5],
  [5000, 13],
]);

export interface MergeRow {
  readonly entities: number;
  readonly bytes: number;
  readonly goal: number;
  /** Microseconds a merge. */
  readonly msalNode: Spread;
  readonly release: Spread;
  readonly portable: Spread;
  readonly releaseRatio: number;
  readonly portableRatio: number;
}

function merger(specifier: string): CacheMerger {
  return CacheMerger.create(new WebAssembly.Module(readFileSync(require.resolve(specifier))));
}

function callsFor(entities: number): number {
  return Math.max(1, Math.round(2000 / entities));
}

export function benchMerge(progress: (text: string) => void): MergeRow[] {
  const release = merger("msal-extensions/core.wasm");
  const portable = merger("msal-extensions/core.portable.wasm");
  const encoder = new TextEncoder();
  return [...GOALS].map(([entities, goal]) => {
    progress(`merge, ${entities} entities`);
    const { base, ours, theirs } = createTriple(entities);
    const [baseBytes, oursBytes, theirsBytes] = [base, ours, theirs].map((text) => encoder.encode(text)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const tokenCache = new PublicClientApplication({ auth: { clientId: "bench" } }).getTokenCache();
    const contenders = [
      () => {
        tokenCache.deserialize(theirs);
        tokenCache.serialize();
      },
      () => void release.merge(baseBytes, oursBytes, theirsBytes),
      () => void portable.merge(baseBytes, oursBytes, theirsBytes),
    ];
    const calls = callsFor(entities);
    alternate(contenders, 5, calls);
    const [msalNode, ownRelease, ownPortable] = alternate(contenders, ROUNDS, calls).map(spreadOf) as [
      Spread,
      Spread,
      Spread,
    ];
    return {
      entities,
      bytes: theirsBytes.length,
      goal,
      msalNode,
      release: ownRelease,
      portable: ownPortable,
      releaseRatio: msalNode.median / ownRelease.median,
      portableRatio: msalNode.median / ownPortable.median,
    };
  });
}
