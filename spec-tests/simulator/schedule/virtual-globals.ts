import type { Machine } from "./machine.ts";

// proper-lockfile and what queues within a process take the time and timers from the global object. While a schedule runs, these
// are those of the simulated process whose code is running. Nothing else runs in this thread meanwhile.

const QUEUE_REGISTRY = Symbol.for("msal-extensions.process-queue.1");

type Callback = (...values: unknown[]) => void;

/** @returns what brings the real ones back */
export function installVirtualGlobals(machine: Machine): () => void {
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
  return () => {
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
