import { EVENT_NAME, STATUS } from "../errors/status.ts";
import { asBytes } from "../values/as-bytes.ts";
import { type Answer, MISSING, OK, onlyStatus, whenKnown, withPayload } from "./answer.ts";
import type { Awaitable, Capabilities, Cipher, TakeOver } from "./capabilities.ts";
import type { CapabilityCalls } from "./capability-calls.ts";
import type { CoreImports } from "./core-module.ts";
import { statusName } from "./error-messages.ts";
import { eventText } from "./event-text.ts";
import { decodeInspection, encodeInspection } from "./marshal.ts";
import type { StoreImports } from "./store-imports.ts";

/** What the session adds to the capabilities. */
export interface SessionHooks {
  /** `lock.create`, but only once it is this session's turn within the process. */
  createLock(): Awaitable<boolean>;
  /** Runs the function handed to `update`. */
  edit(current: Uint8Array | undefined): Awaitable<Uint8Array>;
}

/** The core's imports (docs/host-interface.md), made of the capabilities. */
export function coreImports(
  capabilities: Capabilities,
  hooks: SessionHooks,
  calls: CapabilityCalls,
  store: StoreImports,
): CoreImports {
  const { cipher, clock } = capabilities;
  return {
    store: store.imports(),
    cipher: cipherImports(cipher, calls),
    lock: lockImports(capabilities, hooks, calls),
    clock: {
      now: () => clock.now(),
      random: () => clock.random(),
      sleep: calls.importOf((us) => whenKnown(clock.sleep((us >>> 0) / 1000), () => OK)),
    },
    session: {
      edit: calls.importOf((pointer, length) => edit(hooks, calls.memory.copy(pointer, length)), "callback_failed"),
    },
    log: {
      write: (level: number, code: number, pointer: number, length: number) => {
        log(capabilities, level, code, () => calls.memory.text(pointer, length), store.keptAs);
      },
    },
  };
}

function cipherImports(cipher: Cipher | undefined, calls: CapabilityCalls) {
  const applied = (work: "protect" | "unprotect", pointer: number, length: number) =>
    cipher
      ? whenKnown(cipher[work](calls.memory.copy(pointer, length)), withPayload)
      : onlyStatus(STATUS.not_supported);
  return {
    protect: calls.importOf((pointer, length) => applied("protect", pointer, length), "protect_failed"),
    unprotect: calls.importOf((pointer, length) => applied("unprotect", pointer, length), "unprotect_failed"),
  };
}

const TAKE_OVER_STATUS: Readonly<Record<TakeOver, number>> = {
  taken: STATUS.ok,
  busy: STATUS.busy,
  changed: STATUS.changed,
};

function lockImports({ lock }: Capabilities, hooks: SessionHooks, calls: CapabilityCalls) {
  const mine = (isMine: boolean) => (isMine ? OK : onlyStatus(STATUS.lost));
  return {
    create: calls.importOf(() =>
      whenKnown(hooks.createLock(), (created) => (created ? OK : onlyStatus(STATUS.exists))),
    ),
    inspect: calls.importOf(() =>
      whenKnown(lock.inspect(), (seen) => (seen ? withPayload(encodeInspection(seen)) : MISSING)),
    ),
    take_over: calls.importOf((pointer, length) => {
      const inspected = decodeInspection(calls.memory.copy(pointer, length));
      return whenKnown(lock.takeOver(inspected), (outcome) => onlyStatus(TAKE_OVER_STATUS[outcome]));
    }),
    check: calls.importOf(() => whenKnown(lock.check(), mine)),
    touch: calls.importOf(() => whenKnown(lock.touch(), mine)),
    release: calls.importForEnding(() => whenKnown(lock.release(), () => OK)),
    wait: calls.importOf((us) => whenKnown(lock.wait((us >>> 0) / 1000), () => OK)),
    process_alive: calls.importOf((pid) =>
      whenKnown(lock.processAlive(pid >>> 0), (alive) => onlyStatus(alive ? STATUS.alive : STATUS.dead)),
    ),
  };
}

/** @param current nothing is stored where it is empty */
function edit(hooks: SessionHooks, current: Uint8Array): Awaitable<Answer> {
  return whenKnown(hooks.edit(current.length === 0 ? undefined : current), (content) => {
    const bytes = asBytes(content);
    if (bytes === undefined) throw new TypeError("The function handed to update returned no bytes.");
    return withPayload(bytes);
  });
}

/** A log that throws must not tear the core apart. */
function log(capabilities: Capabilities, level: number, code: number, told: () => string, keptAs: string): void {
  try {
    const name = EVENT_NAME[code] ?? statusName(code);
    capabilities.log(level, name, eventText(name, told(), capabilities, keptAs));
  } catch {
    // There is nowhere left to report it.
  }
}
