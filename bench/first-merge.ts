// The first merge of a fresh process: reading and compiling the module, one merge of five entities. Beside it what the runtime
// itself takes: a module of the same size that imports and exports nothing, read, compiled and instantiated.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readCore } from "../hosts/node/wasm-module.ts";
import { CacheMerger } from "../hosts/shared/core/cache-merger.ts";
import { createTriple } from "./documents.ts";
import { moduleOfSize } from "./empty-module.ts";
import { type Spread, spreadOf, timeOf } from "./statistics.ts";

const PROCESSES = 41;
const PARTS = ["read", "compile", "merge", "total"] as const;

/** Microseconds. `merge`: the module instantiated, and the first merge; for the floor the instantiation only. */
type Parts = Readonly<Record<(typeof PARTS)[number], number>>;
export type FirstMergeSpreads = Readonly<Record<(typeof PARTS)[number], Spread>>;

export interface FirstMerge {
  readonly core: FirstMergeSpreads;
  readonly floor: FirstMergeSpreads;
}

/** Each measured in a process of its own, the two in turn. */
export function benchFirstMerge(progress: (text: string) => void, processes: number = PROCESSES): FirstMerge {
  const core = createRequire(import.meta.url).resolve("msal-extensions/core.wasm");
  const folder = mkdtempSync(join(tmpdir(), "msal-extensions-bench-"));
  const floor = join(folder, "floor.wasm");
  writeFileSync(floor, moduleOfSize(readFileSync(core).length));
  const times: { core: Parts[]; floor: Parts[] } = { core: [], floor: [] };
  try {
    for (let index = 0; index < processes; index += 1) {
      if (index % 10 === 0) progress(`first merge, process ${index + 1} of ${processes}`);
      times.core.push(measure("merge", core));
      times.floor.push(measure("floor", floor));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { core: spreads(times.core), floor: spreads(times.floor) };
}

function measure(what: "merge" | "floor", module: string): Parts {
  const script = fileURLToPath(import.meta.url);
  return JSON.parse(execFileSync(process.execPath, [script, what, module], { encoding: "utf8" })) as Parts;
}

function spreads(times: readonly Parts[]): FirstMergeSpreads {
  const entries = PARTS.map((part) => [part, spreadOf(times.map((time) => time[part]))]);
  return Object.fromEntries(entries) as FirstMergeSpreads;
}

function measureInThisProcess(what: string, path: string): Parts {
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , what, path] = process.argv as [string, string, string, string];
  process.stdout.write(JSON.stringify(measureInThisProcess(what, path)));
}
