import { seconds } from "./error-messages.ts";
import { type LockHolder, PersistenceError } from "./errors.ts";

// Contenders for one lock within this process queue here, in order, and never meet on disk: there they would wait for each
// other by polling, and a kernel lock taken twice by one process means different things on different systems.

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
 * A turn at the lock file `path`: at once when nobody else in this process has one, otherwise in order. With a `key` of its
 * own a caller orders what it does on that lock among itself.
 *
 * @throws PersistenceError `lock_timeout`, naming this process as the holder, after `timeoutMs`
 */
export function enterTurn(
  path: string,
  timeoutMs: number,
  key: string | object = path,
): LeaveTurn | Promise<LeaveTurn> {
  const queue = registry().get(key);
  if (queue !== undefined) return waitForTurn(path, timeoutMs, key, queue);
  registry().set(key, { since: Date.now(), waiting: [] });
  return leaver(key);
}

/**
 * A turn at each of several lock files. In the order of their paths, as joint-lock.ts takes the files: two callers who know them in different
 * orders would wait for each other.
 */
export async function enterTurns(paths: readonly string[], timeoutMs: number): Promise<LeaveTurn> {
  const turns: LeaveTurn[] = [];
  const leaveAll = () => {
    for (const leave of turns) leave();
  };
  try {
    for (const path of paths.toSorted()) turns.push(await enterTurn(path, timeoutMs));
  } catch (error) {
    leaveAll();
    throw error;
  }
  return leaveAll;
}

function waitForTurn(path: string, timeoutMs: number, key: string | object, queue: Queue): Promise<LeaveTurn> {
  return new Promise((resolve, reject) => {
    const begin = () => {
      clearTimeout(timer);
      resolve(leaver(key));
    };
    const giveUp = () => {
      queue.waiting.splice(queue.waiting.indexOf(begin), 1);
      reject(timeoutError(path, Date.now() - queue.since, timeoutMs));
    };
    const timer = setTimeout(giveUp, Math.min(timeoutMs, 0x7fffffff));
    queue.waiting.push(begin);
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
