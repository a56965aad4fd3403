// A process that does as it is told, one word a line on stdin, and answers each with one line of JSON.
// Arguments: the lock file, and K or P.
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { acquire, tryAcquire } from "../../dist/spec-tests/node/acquire.js";
import { createLock } from "../../dist/spec-tests/node/replaced-runtime.js";

const [path, kind] = process.argv.slice(2);
const lock = createLock(path, { kernelLocks: kind === "K" });

const commands = {
  kind: () => lock.kind,
  create: () => lock.create(),
  check: () => lock.check(),
  release: async () => {
    await lock.release();
    return true;
  },
  acquire: () => acquire(lock),
  try: async () => (await tryAcquire(lock)) ?? "held",
  /** Reads a number and writes its successor, under the lock, so many times. */
  count: async (file, times) => {
    for (let n = 0; n < Number(times); n++) {
      await acquire(lock);
      writeFileSync(file, String(Number(readFileSync(file, "utf8")) + 1));
      await lock.release();
    }
    return true;
  },
  /** Takes and releases until it is killed. */
  spin: async () => {
    for (;;) {
      await acquire(lock);
      await lock.release();
    }
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...args] = line.split("\t");
  process.stdout.write(`${JSON.stringify(await commands[name](...args))}\n`);
}
