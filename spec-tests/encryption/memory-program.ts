// Loads an item of the Secret Service again and again, and saves it again and again. Prints by how many bytes
// what is allocated grew with each, as JSON: by the C library, and in locked memory, where libsecret has secrets
// if it may. Run with --expose-gc.
import { readFileSync } from "node:fs";
import process from "node:process";
import { host } from "../../hosts/shared/runtime/host.ts";
import { library } from "../support/library.ts";

const SIZE = 200_000;
const TIMES = 40;
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
  const locked = /VmLck:\s*(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return total("current") - total("fast") - total("rest") + total("mmap") + Number(locked) * 1024;
}

async function allocatedAfter(operation: () => Promise<unknown>): Promise<number> {
  for (let time = 0; time < TIMES; time += 1) await operation();
  collectGarbage();
  await new Promise(setImmediate); // what the collector has found dead is freed by then
  collectGarbage();
  return allocated();
}

async function growthWith(operation: () => Promise<unknown>): Promise<number> {
  const before = await allocatedAfter(operation);
  return ((await allocatedAfter(operation)) - before) / TIMES;
}

const persistence = await library.LibSecretPersistence.create(location, "service", "memory");
const text = "x".repeat(SIZE);
await persistence.save(text);
const load = await growthWith(() => persistence.load());
const save = await growthWith(() => persistence.save(text));
await persistence.delete();
console.log(JSON.stringify({ load, save }));
