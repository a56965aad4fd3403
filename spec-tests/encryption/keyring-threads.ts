// Two threads of one process make the same key at the same moment, again and again. Prints how often one of them had
// a key that nobody else can get.
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import { KernelKeyring } from "../../hosts/shared/encryption/keys/kernel-keyring.ts";

const THREADS = 2;
const ROUNDS = 100;
const [ROUND, ARRIVED] = [0, 1];
const keyring = new KernelKeyring(nodeHost, `msal-extensions-threads-${process.pid}`);
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("hex");

function makeKeys(shared: Int32Array): void {
  for (let round = 1; round <= ROUNDS; round += 1) {
    Atomics.wait(shared, ROUND, round - 1);
    Atomics.add(shared, ARRIVED, 1);
    while (Atomics.load(shared, ARRIVED) < round * THREADS) {} // so that they begin together
    parentPort!.postMessage(hex(keyring.forProtecting().bytes));
  }
}

async function main(): Promise<void> {
  keyring.remove(); // makes the process's keyring, which only threads that begin later share
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const workers = Array.from({ length: THREADS }, () => new Worker(new URL(import.meta.url), { workerData: shared }));
  const answerOf = (worker: Worker) => new Promise<string>((resolve) => worker.once("message", resolve));
  let alone = 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    keyring.remove();
    const answers = Promise.all(workers.map(answerOf));
    Atomics.store(shared, ROUND, round);
    Atomics.notify(shared, ROUND);
    const made = await answers;
    const stored = hex(keyring.forUnprotecting()?.bytes);
    if (made.some((key) => key !== stored)) alone += 1;
  }
  keyring.remove();
  process.stdout.write(String(alone));
}

if (isMainThread) await main();
else makeKeys(workerData as Int32Array);
