import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { beforeAll, expect, it } from "vitest";

// The core exports no hash, and tables that have become lists are only slower. So this compiles that one
// module and looks at what it answers.

interface Bytes {
  readonly memory: { readonly buffer: ArrayBuffer };
  hashBytes(start: number, end: number): number;
}

/** TypeScript has it among the types of a browser only. */
const { Instance, Module } = WebAssembly as unknown as {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
};

const source = fileURLToPath(new URL("../../core-wasm/assembly/json/bytes.ts", import.meta.url));
const NAMES = 64 * 64;
/** As in cache/slots.ts: at most half of a table is in use. */
const BUCKETS = 2 * NAMES;
const START = 1024;

let core: Bytes;

beforeAll(async () => {
  let compiled = new Uint8Array();
  const writeFile = (_name: string, content: string | Uint8Array) => {
    if (typeof content !== "string") compiled = new Uint8Array(content);
  };
  const flags = ["--runtime", "stub", "--use", "abort=", "--enable", "simd", "--bindings", "raw", "-O"];
  const { error, stderr } = await asc.main([source, ...flags, "--outFile", "bytes.wasm"], { writeFile });
  expect(error, String(stderr)).toBeNull();
  core = new Instance(new Module(compiled)).exports as Bytes;
});

/**
 * How many names are met in its bucket, on average, by one that is added to the table: names that
 * differ in two of their bytes only.
 */
function crowding(length: number, first: number, second: number): number {
  const name = new Uint8Array(core.memory.buffer, START, length).fill(0x61);
  const buckets = new Uint32Array(BUCKETS);
  let met = 0;
  for (let n = 0; n < NAMES; n++) {
    name[first] = n >> 6;
    name[second] = n & 63;
    const bucket = core.hashBytes(START, START + length) & (BUCKETS - 1);
    met += buckets[bucket]!;
    buckets[bucket]!++;
  }
  return met / NAMES;
}

it.each([7, 8, 9, 15, 16, 17, 24, 31, 33])(
  "names of %i bytes that differ in any two of them are spread over a table",
  (length) => {
    const crowded: string[] = [];
    for (let first = 0; first < length; first++) {
      for (let second = first + 1; second < length; second++) {
        const met = crowding(length, first, second);
        if (met > 1) crowded.push(`${first}, ${second}: ${met}`); // drawn by lot it is 0.25
      }
    }
    expect(crowded).toEqual([]);
  },
);
