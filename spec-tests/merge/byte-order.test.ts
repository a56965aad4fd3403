// The core's memory is little-endian on every machine, an array of words is as the machine has it: on s390x the core
// stopped at its first result. Here nothing may read it by such an array.
import { afterEach, expect, it, vi } from "vitest";
import { CacheMerger } from "../../hosts/shared/core/cache-merger.ts";
import { buildModule } from "../support/core-builds.ts";

const ARRAYS = ["Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array"] as const;
const encoder = new TextEncoder();
const LARGE = "s".repeat(1 << 16);
const document = (secret: string, ...keys: string[]) =>
  encoder.encode(JSON.stringify({ AccessToken: Object.fromEntries(keys.map((key) => [key, { secret }])) }));

afterEach(() => vi.unstubAllGlobals());

it.each([
  ["whole", "small"],
  ["gathered from pieces", LARGE],
])("the core's memory is read by bytes and by views that are told the order: a document that is %s", (_how, secret) => {
  const module = buildModule("core.wasm");
  for (const name of ARRAYS) vi.stubGlobal(name, undefined);
  const merger = new CacheMerger(module);
  const { content } = merger.merge(document(secret, "a"), document(secret, "a", "b"), document(secret, "a", "c"));
  expect(Object.keys(JSON.parse(new TextDecoder().decode(content)).AccessToken).sort()).toEqual(["a", "b", "c"]);
  expect(merger.inspect(content!, 0).entities.AccessToken).toBe(3);
});
