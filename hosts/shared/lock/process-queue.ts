import { type LockHolder, PersistenceError } from "../errors/persistence-error.ts";
import { LONGEST_TIMER_MS } from "../runtime/clock.ts";
import { seconds } from "../values/seconds.ts";

// Contenders for one lock within this process queue here, in order, and never meet on disk: there they would wait for
// each other by polling, and a kernel lock taken twice by one process means different things on different systems.

/** Ends a turn. Harmless when called again. */
export type LeaveTurn = () => void;

interface Queue {
  /** When the present turn began; for messages. */
  since: number;
  readonly waiting: Array<() => void>;
}

// Shared by all copies of this package that one process may have loaded.
const REGISTRY = Symbol.for("msal-extensions.process-queue.1");
const shared = globalThis as unknown as Record<symbol, Map<unknown, Queue> | undefined>;

function registry(): Map<unknown, Queue> {
  shared[REGISTRY] ??= new Map();
  return shared[REGISTRY];
}

/**
 * A turn at the lock file `path`: at once when nobody else in this process has one, otherwise in order. With a `key` of
 * its own a caller orders what it does on that lock among itself.
 *
 * @throws PersistenceError `lock_timeout`, naming this process as the holder, after `timeoutMs`
 */
export function enterTurn(
  path: string,
  timeoutMs: number,
  key: string | object = path,
): LeaveTurn | Promise<LeaveTurn> {
  const queue = registry().get(key);
  return queue === undefined ? begin(key) : waitForTurn(path, timeoutMs, key, queue);
}

/**
 * A turn at each of several lock files: all of them, or none. Whoever waits for one has none of the others, as on disk
 * (joint-lock.ts): somebody who holds one of them by hand may need another before that one is free.
 */
export async function enterTurns(paths: readonly string[], timeoutMs: number): Promise<LeaveTurn> {
  let deadline: number | undefined;
  let first: string | undefined;
  let turns: LeaveTurn[] = [];
  const leaveAll = () => {
    for (const leave of turns) leave();
  };
  for (;;) {
    const others = paths.filter((path) => path !== first);
    const busy = others.find((path) => registry().has(path));
    if (busy === undefined) {
      for (const path of others) turns.push(begin(path));
      return leaveAll;
    }
    leaveAll();
    deadline ??= performance.now() + timeoutMs; // no clock that somebody sets
    turns = [await enterTurn(busy, Math.max(0, deadline - performance.now()))];
    first = busy;
  }
}

function begin(key: string | object): LeaveTurn {
  registry().set(key, { since: Date.now(), waiting: [] });
  return leaver(key);
}

function waitForTurn(path: string, timeoutMs: number, key: string | object, queue: Queue): Promise<LeaveTurn> {
  return new Promise((resolve, reject) => {
    const enter = () => {
      clearTimeout(timer);
      resolve(leaver(key));
    };
    const giveUp = () => {
      queue.waiting.splice(queue.waiting.indexOf(enter), 1);
      reject(timeoutError(path, Date.now() - queue.since, timeoutMs));
    };
    const timer = setTimeout(giveUp, Math.min(timeoutMs, LONGEST_TIMER_MS));
    queue.waiting.push(enter);
  });
}

function leaver(key: string | object): LeaveTurn {
  let left = false;
  return () => {
    if (left) return;
    left = true;
    const queue = registry().get(key);
    const next = queue?.waiting.shift();
    if (queue === undefined || next === undefined) {
      registry().delete(key);
      return;
    }
    queue.since = Date.now();
    next();
  };
}

function timeoutError(path: string, ageMs: number, timeoutMs: number): PersistenceError {
  const { process } = globalThis as { process?: { pid?: number } };
  const holder: LockHolder = { pid: process?.pid, program: "this process", ageMs };
  const message =
    `The lock ${path} was not obtained within ${seconds(timeoutMs)}: another operation of this process has had it ` +
    `for ${seconds(ageMs)}. Is a lock() without unlock(), or an update() that waits for another one?`;
  return new PersistenceError("lock_timeout", message, { location: path, holder });
}
