import type { Awaitable, Lock } from "../core/capabilities.ts";
import { toPersistenceError } from "../errors/thrown.ts";

/** The same lock, but what goes wrong with its file names that file: an operation would name the cache. */
export function createNamedLock(lock: Lock): Lock {
  function named<Given extends unknown[], T>(work: (...given: Given) => Awaitable<T>) {
    return async (...given: Given): Promise<T> => {
      try {
        return await work(...given);
      } catch (error) {
        throw toPersistenceError(error, lock.path);
      }
    };
  }

  return {
    path: lock.path,
    get kind() {
      return lock.kind;
    },
    hasFolder: named(lock.hasFolder),
    create: named(lock.create),
    inspect: named(lock.inspect),
    takeOver: named(lock.takeOver),
    check: named(lock.check),
    touch: named(lock.touch),
    release: named(lock.release),
    wait: lock.wait,
    processAlive: lock.processAlive,
  };
}
