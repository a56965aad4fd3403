import { unref } from "./timer-ref.ts";

/** Ends a timer. */
export type StopTimer = () => void;

/** Calls back again and again, and does not keep the process running for it (where the runtime can be told so). */
export function every(milliseconds: number, callback: () => void): StopTimer {
  const timer = setInterval(callback, milliseconds);
  unref(timer);
  return () => clearInterval(timer);
}
