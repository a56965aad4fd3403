import { STATUS } from "../errors/status.ts";
import type { Awaitable } from "./capabilities.ts";

/** The outcome of a capability call on its way to the core: a status and the parts of its payload. */
export interface Answer {
  readonly status: number;
  readonly parts: readonly Uint8Array[];
}

export const onlyStatus = (status: number): Answer => ({ status, parts: [] });
export const withPayload = (...parts: Uint8Array[]): Answer => ({ status: STATUS.ok, parts });

export const OK: Answer = onlyStatus(STATUS.ok);
export const MISSING: Answer = onlyStatus(STATUS.not_found);

/** Thrown through a capability by what it calls back: an answer for the core, and no failure of the capability. */
export class ThrownAnswer extends Error {
  readonly answer: Answer;

  constructor(status: number, message: string) {
    super(message);
    this.answer = onlyStatus(status);
  }
}

/** Applies `map` now or when the promise resolves: who answers at once costs no turn of the event loop. */
export function whenKnown<T>(value: Awaitable<T>, map: (value: T) => Answer): Awaitable<Answer> {
  return isPromise(value) ? value.then(map) : map(value);
}

export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === "function";
}
