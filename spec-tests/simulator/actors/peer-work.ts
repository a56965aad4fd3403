import type { Observer } from "../invariants/observer.ts";
import type { SimulatedProcess } from "../schedule/simulated-process.ts";
import { decode, type Entities, encode, entity } from "./documents.ts";
import { CACHE } from "./names.ts";
import { type Habit, hasCode, PeerCalls, perform, sleep } from "./peer.ts";
import { lockHabit } from "./peer-locks.ts";

/** A member of the family: for each operation locks, reads, adds a token, writes in place, unlocks. */
export function runPeer(process: SimulatedProcess, observer: Observer): void {
  perform(process, work(process, observer), () => process.kill());
}

function* work(process: SimulatedProcess, observer: Observer): Habit<void> {
  const habit = lockHabit(process);
  let memory: Entities | undefined;
  for (const [index, { pauseMs, holdMs }] of process.actor.operations.entries()) {
    yield* sleep(pauseMs);
    try {
      const held = yield* habit.enter();
      observer.tenures.enter(process);
      try {
        memory = yield* addToken(process, `${process.index}-${index + 1}`, holdMs, memory);
      } finally {
        observer.tenures.leave(process);
        yield* habit.leave(held);
      }
    } catch (error) {
      process.machine.note(`${process.label}: ${error}`);
      if (String(error).includes("gave up") && habit.giveUp !== undefined) yield* habit.giveUp();
    }
  }
}

/** Go writes what it has in memory; the others read again first, and fail on what they cannot read. */
function* addToken(
  process: SimulatedProcess,
  key: string,
  holdMs: number,
  memory: Entities | undefined,
): Habit<Entities> {
  const calls = new PeerCalls(process);
  const isForgetful = process.actor.member === "go";
  const read = isForgetful && memory !== undefined ? memory : yield* readCache(process, calls);
  const next = new Map([...read, [key, entity(`${key} of a peer`, process.now())]]);
  yield* sleep(holdMs);
  const file = yield* calls.open(CACHE, { create: true, truncate: true });
  const bytes = encode(next);
  const half = bytes.length >> 1;
  yield* calls.write(file, bytes.slice(0, half));
  yield* calls.write(file, bytes.slice(half), half);
  yield* calls.close(file);
  return next;
}

function* readCache(process: SimulatedProcess, calls: PeerCalls): Habit<Entities> {
  try {
    const file = yield* calls.open(CACHE);
    const content = yield* calls.on("read", file, () => process.machine.files.read(file, 0, 1 << 20));
    yield* calls.close(file);
    const entities = decode(content);
    if (entities === undefined) throw new Error("JSONDecodeError");
    return entities;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return new Map();
    throw error;
  }
}
