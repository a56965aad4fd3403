/** Ends a timer. */
export type StopTimer = () => void;

/** Calls back again and again, and does not keep the process running for it (where the runtime can be told so). */
export function every(milliseconds: number, callback: () => void): StopTimer {
  const timer: unknown = setInterval(callback, milliseconds);
  (timer as { unref?: () => void }).unref?.();
  return () => clearInterval(timer as Parameters<typeof clearInterval>[0]);
}
