// The first merge of a fresh process: reading and compiling the module, one merge of five entities.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { CacheMerger } from "../hosts/shared/cache-merger.ts";
import { createTriple } from "./documents.ts";
import { type Spread, spreadOf, timeOf } from "./statistics.ts";

const PROCESSES = 15;

/** Microseconds, each measured in a process of its own. */
export function benchFirstMerge(progress: (text: string) => void): Spread {
  const times: number[] = [];
  for (let index = 0; index < PROCESSES; index += 1) {
    progress(`first merge, process ${index + 1} of ${PROCESSES}`);
    times.push(Number(execFileSync(process.execPath, [fileURLToPath(import.meta.url)], { encoding: "utf8" })));
  }
  return spreadOf(times);
}

function measureInThisProcess(): number {
  const encoder = new TextEncoder();
  const { base, ours, theirs } = createTriple(5);
  const [baseBytes, oursBytes, theirsBytes] = [base, ours, theirs].map((text) => encoder.encode(text));
  const path = createRequire(import.meta.url).resolve("msal-extensions/core.wasm");
  return timeOf(() => {
    const module = new WebAssembly.Module(readFileSync(path));
    CacheMerger.create(module).merge(baseBytes, oursBytes as Uint8Array, theirsBytes);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(String(measureInThisProcess()));
