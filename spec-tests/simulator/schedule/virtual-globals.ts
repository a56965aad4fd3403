import type { Machine } from "./machine.ts";

// proper-lockfile and what queues within a process take the time and timers from the global object. While a schedule
// runs, these are those of the simulated process whose code is running. Nothing else runs in this thread meanwhile.

const QUEUE_REGISTRY = Symbol.for("msal-extensions.process-queue.1");

export interface CoreMemory {
  readonly buffer: { readonly byteLength: number };
}

type Callback = (...values: unknown[]) => void;

/**
 * `onMemory` is told the memory of every instance of the core that is made meanwhile.
 * @returns what brings the real ones back
 */
export function installVirtualGlobals(machine: Machine, onMemory: (memory: CoreMemory) => void): () => void {
  const real = { setTimeout, clearTimeout, setInterval, clearInterval, now: Date.now };
  const owner = () => machine.current!;
  const handle = (cancel: () => void) => ({ cancel, unref() {}, ref() {} });
  const cancel = (timer: { cancel?: () => void } | undefined) => timer?.cancel?.();
  Object.assign(globalThis, {
    setTimeout: (run: Callback, ms = 0, ...values: unknown[]) => handle(owner().timer(ms, () => run(...values))),
    setInterval: (run: Callback, ms: number) => handle(repeat(() => owner(), ms, run)),
    clearTimeout: cancel,
    clearInterval: cancel,
  });
  Date.now = () => owner().now();
  const { Instance } = WebAssembly;
  const captured = function (this: unknown, ...values: ConstructorParameters<typeof Instance>) {
    const instance = new Instance(...values);
    onMemory(instance.exports.memory as CoreMemory);
    return instance;
  };
  Object.assign(WebAssembly, { Instance: captured });
  return () => {
    Object.assign(WebAssembly, { Instance });
    const { now, ...timers } = real;
    Object.assign(globalThis, timers);
    Date.now = now;
    delete (globalThis as Record<symbol, unknown>)[QUEUE_REGISTRY];
  };
}

function repeat(owner: () => Machine["current"], ms: number, run: Callback): () => void {
  const process = owner()!;
  let cancel = () => {};
  const again = () => {
    cancel = process.timer(ms, () => {
      again();
      run();
    });
  };
  again();
  return () => cancel();
}
