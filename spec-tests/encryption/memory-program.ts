// Loads an item of the Secret Service again and again, and prints by how many bytes what the C library has allocated grew with each load.
// Run with --expose-gc.
import { readFileSync } from "node:fs";
import process from "node:process";
import { host } from "../../hosts/shared/host.ts";
import { library } from "../support/library.ts";

const SIZE = 200_000;
const LOADS = 40;
const [location = ""] = process.argv.slice(2);
const collectGarbage = (globalThis as unknown as { gc(): void }).gc;

const libc = host()
  .foreignFunctions()
  .open(null, {
    fopen: { parameters: ["string", "string"], result: "u64" },
    malloc_info: { parameters: ["i32", "u64"], result: "i32" },
    fclose: { parameters: ["u64"], result: "i32" },
  });

/** Without what it has and nobody uses. The totals are the last of their kind. */
function allocated(): number {
  const file = `${location}.malloc-info`;
  const stream = libc.fopen(file, "w");
  libc.malloc_info(0, stream);
  libc.fclose(stream);
  const text = readFileSync(file, "utf8");
  const total = (type: string) =>
    Number([...text.matchAll(new RegExp(`type="${type}".* size="(\\d+)"`, "g"))].at(-1)![1]);
  return total("current") - total("fast") - total("rest") + total("mmap");
}

async function allocatedAfter(loads: number): Promise<number> {
  for (let load = 0; load < loads; load += 1) await persistence.load();
  collectGarbage();
  await new Promise(setImmediate); // what the collector has found dead is freed by then
  collectGarbage();
  return allocated();
}

const persistence = await library.LibSecretPersistence.create(location, "service", "memory");
await persistence.save("x".repeat(SIZE));
const before = await allocatedAfter(LOADS);
const after = await allocatedAfter(LOADS);
await persistence.delete();
console.log((after - before) / LOADS);
