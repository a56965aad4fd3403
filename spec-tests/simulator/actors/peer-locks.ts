import type { SimulatedProcess } from "../schedule/simulated-process.ts";
import { tryFlock, tryProcessLock, unflock, unlockProcess } from "../system/file-locks.ts";
import type { OpenFile } from "../system/open-file.ts";
import { LOCK_FILE } from "./names.ts";
import { type Habit, hasCode, PeerCalls, sleep } from "./peer.ts";

/** How one member of the family locks: `enter` fails when it gives up, and returns what `leave` needs. */
export interface LockHabit {
  enter(): Habit<OpenFile | undefined>;
  leave(held: OpenFile | undefined): Habit<void>;
  /** It gave up waiting, and this is what it does then before it reports that. */
  giveUp?(): Habit<void>;
}

const encoder = new TextEncoder();

/** How each takes the lock, as measured. */
export function lockHabit(process: SimulatedProcess): LockHabit {
  const calls = new PeerCalls(process);
  const line = (text: string) => encoder.encode(text);
  const { pid } = process;
  switch (process.actor.member) {
    case "node":
      return nodeHabit(calls, line(`${pid}`));
    case "python":
      return pythonHabit(calls, line(`${pid} app.py`));
    case "portalocker":
      return portalockerHabit(calls, line(`${pid} app.py`));
    case "dotnet":
      return dotnetHabit(calls, line(`${pid} app`));
    case "java":
      return javaHabit(calls, line(`${pid} host`));
    default:
      return goHabit(calls, line(`{${pid}} {app}`));
  }
}

/** Creates it exclusively, 500 tries. Unlinks, also when it does not hold it. */
function nodeHabit(calls: PeerCalls, line: Uint8Array): LockHabit {
  return {
    *enter() {
      const file = yield* createWithin(calls, 500, 100);
      if (file === undefined) throw new Error("gave up");
      yield* calls.write(file, line);
      return file;
    },
    *leave(held) {
      yield* calls.unlink(LOCK_FILE);
      if (held !== undefined) yield* calls.close(held);
    },
    *giveUp() {
      yield* calls.unlink(LOCK_FILE);
    },
  };
}

/** Creates it exclusively within 5 s, or fails. */
function pythonHabit(calls: PeerCalls, line: Uint8Array): LockHabit {
  return {
    *enter() {
      const file = yield* createWithin(calls, 20, 250);
      if (file === undefined) throw new Error("gave up");
      yield* calls.write(file, line);
      return file;
    },
    *leave(held) {
      yield* calls.close(held!);
      yield* calls.unlink(LOCK_FILE);
    },
  };
}

/**
 * Tries for 5 s to create it and goes on regardless: opens (and truncates) what is there, and
 * tries for 5 s for its `flock`.
 */
function portalockerHabit(calls: PeerCalls, line: Uint8Array): LockHabit {
  return {
    *enter() {
      const created = yield* createWithin(calls, 20, 250);
      if (created !== undefined) yield* calls.close(created);
      for (let tries = 0; tries < 20; tries++) {
        const file = yield* calls.open(LOCK_FILE, { create: true, truncate: true });
        if (yield* calls.on("flock", file, tryFlock)) {
          yield* calls.write(file, line);
          return file;
        }
        yield* calls.close(file);
        yield* sleep(250);
      }
      throw new Error("gave up");
    },
    *leave(held) {
      yield* calls.on("flock", held!, unflock);
      yield* calls.close(held!);
      yield* calls.unlink(LOCK_FILE);
    },
  };
}

/** Opens or creates it with `flock` (FileShare.None), 60 tries; the file goes when it is closed. */
function dotnetHabit(calls: PeerCalls, line: Uint8Array): LockHabit {
  return {
    *enter() {
      for (let tries = 0; tries < 60; tries++) {
        const file = yield* calls.open(LOCK_FILE, { create: true });
        if (yield* calls.on("flock", file, tryFlock)) {
          yield* calls.write(file, line);
          return file;
        }
        yield* calls.close(file);
        yield* sleep(100);
      }
      throw new Error("gave up");
    },
    *leave(held) {
      yield* calls.unlink(LOCK_FILE);
      yield* calls.close(held!);
    },
  };
}

/** Tries to create it and goes on regardless: opens it and asks for a record lock. */
function javaHabit(calls: PeerCalls, line: Uint8Array): LockHabit {
  return {
    *enter() {
      const created = yield* createWithin(calls, 10, 100);
      if (created !== undefined) yield* calls.close(created);
      for (let tries = 0; tries < 60; tries++) {
        const file = yield* calls.open(LOCK_FILE, { create: true });
        if (yield* calls.on("fcntl", file, tryProcessLock)) {
          yield* calls.write(file, line);
          return file;
        }
        yield* calls.close(file);
        yield* sleep(100);
      }
      throw new Error("gave up");
    },
    *leave(held) {
      yield* calls.on("fcntl", held!, unlockProcess);
      yield* calls.close(held!);
      yield* calls.unlink(LOCK_FILE);
    },
  };
}

/** Opens or creates it once, and tries for the `flock` of that file, whatever becomes of its name meanwhile. */
function goHabit(calls: PeerCalls, line: Uint8Array): LockHabit {
  return {
    *enter() {
      const file = yield* calls.open(LOCK_FILE, { create: true });
      for (let tries = 0; tries < 60; tries++) {
        if (yield* calls.on("flock", file, tryFlock)) {
          yield* calls.write(file, line);
          return file;
        }
        yield* sleep(100);
      }
      yield* calls.close(file);
      throw new Error("gave up");
    },
    *leave(held) {
      yield* calls.on("flock", held!, unflock);
      yield* calls.close(held!);
      yield* calls.unlink(LOCK_FILE);
    },
  };
}

function* createWithin(calls: PeerCalls, tries: number, pauseMs: number): Habit<OpenFile | undefined> {
  for (let tried = 0; tried < tries; tried++) {
    try {
      return yield* calls.open(LOCK_FILE, { create: true, exclusive: true });
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
    }
    yield* sleep(pauseMs);
  }
  return undefined;
}
