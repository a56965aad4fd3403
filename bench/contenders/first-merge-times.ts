// The parts of the first merge of this process, as JSON.   first-merge-times.js <merge | floor> <module>
// `merge`: the core, read, compiled and instantiated, and one merge of five entities.
// `floor`: a module that does nothing.
import process from "node:process";
import { readCore } from "../../hosts/node/wasm-module.ts";
import { CacheMerger } from "../../hosts/shared/core/cache-merger.ts";
import { createTriple } from "../documents.ts";
import { timeOf } from "../statistics.ts";

/** Microseconds. `merge`: the module instantiated, and the first merge; for the floor the instantiation only. */
export interface FirstMergeTimes {
  readonly read: number;
  readonly compile: number;
  readonly merge: number;
  readonly total: number;
}

function measure(what: string, path: string): FirstMergeTimes {
  const encoder = new TextEncoder();
  const { base, ours, theirs } = createTriple(5);
  const [baseBytes, oursBytes, theirsBytes] = [base, ours, theirs].map((text) => encoder.encode(text));
  timeOf(() => {});
  let bytes: Uint8Array = new Uint8Array(0);
  let module: WebAssembly.Module;
  const read = timeOf(() => {
    bytes = readCore(path);
  });
  const compile = timeOf(() => {
    module = new WebAssembly.Module(bytes);
  });
  const merge = timeOf(() => {
    if (what === "floor") new WebAssembly.Instance(module);
    else new CacheMerger(module).merge(baseBytes, oursBytes as Uint8Array, theirsBytes);
  });
  return { read, compile, merge, total: read + compile + merge };
}

const [what, path] = process.argv.slice(2) as [string, string];
process.stdout.write(JSON.stringify(measure(what, path)));
