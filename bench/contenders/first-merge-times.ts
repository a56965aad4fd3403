// The parts of the first merge of this process, as JSON.
//   first-merge-times.js merge <module> <base> <ours> <theirs>   the core, and one merge of these documents
//   first-merge-times.js floor <module>                          a module that does nothing
// The documents come as arguments. To make them here has V8 optimizing, on another thread, the functions that do so
// while the merge is timed; to read them would have it compile what reads the core.
import process from "node:process";
import { readCore } from "../../hosts/node/wasm-module.ts";
import { CacheMerger } from "../../hosts/shared/core/cache-merger.ts";

/** Microseconds. `merge`: the module instantiated, and the first merge; for the floor the instantiation only. */
export interface FirstMergeTimes {
  readonly read: number;
  readonly compile: number;
  readonly merge: number;
  readonly total: number;
}

function measure(what: string, path: string, documents: readonly string[]): FirstMergeTimes {
  const encoder = new TextEncoder();
  const [base, ours, theirs] = documents.map((text) => encoder.encode(text));
  performance.now();
  const started = performance.now();
  const bytes = readCore(path);
  const read = performance.now();
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const compiled = performance.now();
  if (what === "floor") new WebAssembly.Instance(module);
  else new CacheMerger(module).merge(base, ours as Uint8Array, theirs);
  const merged = performance.now();
  return {
    read: (read - started) * 1000,
    compile: (compiled - read) * 1000,
    merge: (merged - compiled) * 1000,
    total: (merged - started) * 1000,
  };
}

const [what, path, ...documents] = process.argv.slice(2) as [string, string, ...string[]];
process.stdout.write(JSON.stringify(measure(what, path, documents)));
