import { decode, type Entities, isBlank, isMarkedSalvaged, SHARED, wholeEntities } from "../actors/documents.ts";
import { CACHE } from "../actors/names.ts";
import { isOurs } from "../scenario/scenario.ts";
import type { Machine } from "../schedule/machine.ts";
import type { SimulatedProcess } from "../schedule/simulated-process.ts";
import type { Inode } from "../system/inode.ts";
import type { Limit } from "./limits.ts";
import type { Looks } from "./looks.ts";
import type { Tenures } from "./tenures.ts";
import { Violation } from "./violation.ts";

/** What an operation under way means to change. */
export interface Intent {
  readonly adds?: string;
  readonly removes?: string;
  readonly removesAll?: boolean;
}

interface Origin {
  readonly step: number;
  readonly by: SimulatedProcess;
  /** Published with a lock that its writer could not know to be lost. */
  readonly inWindow: boolean;
}

/** A look at the cache. */
interface CacheLook {
  readonly step: number;
  /** What it showed of the file: all by which a change can be told. */
  readonly version: string;
}

/** The most system calls of its own between a holder's last look at the lock and what it then publishes. */
const MAX_CALLS_UNSEEN = 3;

/** Of two who write in place at once there may be left a document that parses, and in it a token that is neither's. */
const WHOLE_TIME = /^\d{13}$/;

/** What is stored, who wrote it, and whether whoever drops or adds something may. */
export class Ledger {
  readonly #machine: Machine;
  readonly #tenures: Tenures;
  readonly #count: (limit: Limit) => void;
  #stored: Entities = new Map();
  /** When each entity was stored, and by whom. */
  readonly #origins = new Map<string, Origin>();
  readonly #intents = new Map<SimulatedProcess, Intent>();
  /** When the operations under way began. */
  readonly #begunAt = new Map<SimulatedProcess, number>();
  /** Since when there has been a cache all the time. */
  #thereSince = Number.POSITIVE_INFINITY;
  readonly #readAt = new Map<SimulatedProcess, CacheLook>();
  /** The last look before publishing of those who have begun to write. */
  readonly #lookedAt = new Map<SimulatedProcess, CacheLook | undefined>();
  readonly #looks: Looks;
  /** What a commit dropped that could not know that it had lost the lock. Whoever had read it puts it back. */
  readonly #droppedInWindow = new Map<string, number>();
  /** Who wrote last into what was ever the cache: a power cut may bring an older file back. */
  readonly #writers = new WeakMap<Inode, SimulatedProcess>();
  readonly #everStored = new Set<string>();
  /** What has been acknowledged since a peer last wrote. */
  #durable = new Set<string>();
  #lastWriter: SimulatedProcess | undefined;
  #peerWroteAt = -1;
  /** What is stored is cut short, empty or marked as salvaged: whoever commits then adds what it knew. */
  #isIncomplete = false;
  #lastWhole: Entities = new Map();

  constructor(machine: Machine, tenures: Tenures, looks: Looks, count: (limit: Limit) => void) {
    this.#machine = machine;
    this.#looks = looks;
    this.#tenures = tenures;
    this.#count = count;
  }

  begin(process: SimulatedProcess): void {
    this.#intents.set(process, {});
    this.#begunAt.set(process, this.#machine.step);
  }

  intend(process: SimulatedProcess, intent: Intent): void {
    this.#intents.set(process, intent);
  }

  /** An operation of it has said that nothing is stored. Peers empty the file before they write. */
  checkAbsence(process: SimulatedProcess): void {
    const begunAt = this.#begunAt.get(process)!;
    if (this.#thereSince > begunAt || this.#peerWroteAt >= begunAt || this.#isIncomplete) return;
    throw new Violation("absent", `${process.label} is told that nothing is stored`);
  }

  /** The operation reported success. */
  acknowledge(process: SimulatedProcess): void {
    const { adds } = this.#intents.get(process) ?? {};
    if (adds === undefined) return;
    if (!this.#everStored.has(adds)) throw new Violation("lost", `${process.label}'s ${adds} was never stored`);
    // Syncing the folder is best effort: where it is refused, a power cut may undo what is visible already.
    // Whoever found it stored already has written nothing, and synced nothing.
    const isSynced = this.#lastWriter === process || this.#machine.files.isSynced(CACHE);
    if (this.#stored.has(adds) && isSynced && !process.wasRefused) this.#durable.add(adds);
  }

  /** A process opens the cache: to read it or, when it has written what it will publish, to keep what that replaces. */
  onOpen(process: SimulatedProcess): void {
    if (!this.#lookedAt.has(process)) this.#onRead(process);
  }

  /** Who looks at a cache that it has opened reads it: again, where somebody has written in between. */
  onStatus(process: SimulatedProcess, inode: Inode): void {
    if (this.#lookedAt.has(process) && this.#writers.has(inode)) this.#onRead(process);
  }

  #onRead(process: SimulatedProcess): void {
    this.#lookedAt.delete(process);
    this.#readAt.set(process, this.#look());
  }

  /** A process looks at the cache: it reads nothing because nothing has changed, or is about to publish. */
  onLook(process: SimulatedProcess): void {
    (this.#lookedAt.has(process) ? this.#lookedAt : this.#readAt).set(process, this.#look());
  }

  /** A process begins to write what it will publish. */
  onWriting(process: SimulatedProcess): void {
    this.#lookedAt.set(process, undefined);
  }

  #look(): CacheLook {
    const file = this.#machine.files.find(CACHE);
    return {
      step: this.#machine.step,
      version: file === undefined ? "none" : `${file.number} ${file.modifiedUs} ${file.content.length}`,
    };
  }

  #readStep(process: SimulatedProcess): number {
    return this.#readAt.get(process)?.step ?? -1;
  }

  /** Could it not see, when it looked for the last time, that somebody had written? */
  #isUnseen(by: SimulatedProcess, step: number): boolean {
    const look = this.#lookedAt.get(by);
    return look !== undefined && (step > look.step || look.version === this.#readAt.get(by)?.version);
  }

  onChange(by: SimulatedProcess): void {
    const file = this.#machine.files.find(CACHE);
    this.#noteThere();
    if (file !== undefined) this.#writers.set(file, by);
    if (!isOurs(by.actor.member)) this.#writtenByPeer(by, wholeEntities(file?.content), file?.content);
    else {
      if (decode(file?.content) === undefined)
        throw new Violation("parses", `${by.label} published what does not parse`);
      this.#published(by, wholeEntities(file?.content));
    }
    this.#lastWriter = by;
  }

  #noteThere(): void {
    if (this.#machine.files.find(CACHE) === undefined) this.#thereSince = Number.POSITIVE_INFINITY;
    else this.#thereSince = Math.min(this.#thereSince, this.#machine.step);
  }

  /** What must be there after the power came back. */
  onPowerCut(): void {
    this.#noteThere();
    const file = this.#machine.files.find(CACHE);
    const content = file?.content;
    if (decode(content) === undefined) {
      if (isOurs(this.#writers.get(file!)!.actor.member)) throw new Violation("parses", "a power cut tore the cache");
      this.#count("unsyncedByPeer");
    }
    const left = wholeEntities(content);
    this.#isIncomplete = content !== undefined && (isBlank(content) || decode(content) === undefined);
    for (const key of this.#durable) {
      if (!left.has(key)) throw new Violation("lost", `a power cut undid ${key}, which was acknowledged`);
    }
    this.#stored = left;
  }

  #published(by: SimulatedProcess, now: Entities): void {
    const { removes, removesAll } = this.#intents.get(by) ?? {};
    const inWindow = this.#checkHeld(by, now);
    for (const key of this.#stored.keys()) {
      if (now.has(key)) continue;
      this.#durable.delete(key);
      if (inWindow) this.#droppedInWindow.set(key, this.#machine.step);
      else if (key !== removes && !removesAll) this.#checkDropped(by, key);
    }
    for (const key of now.keys()) if (!this.#stored.has(key)) this.#added(by, key, inWindow);
    this.#checkRenewal(by, now, inWindow);
    this.#stored = now;
    this.#lastWhole = now;
    this.#isIncomplete = isMarkedSalvaged(this.#machine.files.find(CACHE)?.content);
  }

  /** True: it lost the lock after its last look, which it could not have seen. */
  #checkHeld(by: SimulatedProcess, now: Entities): boolean {
    const tenure = this.#tenures.of(by);
    if (tenure === undefined) throw new Violation("lock", `${by.label} published without the lock`);
    const unseen = this.#looks.unseen(by);
    if (unseen > MAX_CALLS_UNSEEN)
      throw new Violation("lock", `${by.label} published ${unseen} calls after its last look`);
    if (tenure.lostAt === undefined) return false;
    if (tenure.lostAt < this.#looks.of(by)!.step) {
      const dropped = this.#droppedUnread(by, now);
      if (dropped !== undefined) throw new Violation("lost", `${by.label}, its lock lost, dropped ${dropped}`);
      throw new Violation("lock", `${by.label} published with a lock it had lost`);
    }
    this.#count("lostBetweenLookAndPublishing");
    return true;
  }

  /** What one of ours stored after this one had read, and is gone now. */
  #droppedUnread(by: SimulatedProcess, now: Entities): string | undefined {
    const readAt = this.#readStep(by);
    const isDropped = (key: string) => {
      const origin = this.#origins.get(key);
      return !now.has(key) && origin !== undefined && origin.step > readAt && isOurs(origin.by.actor.member);
    };
    return [...this.#stored.keys()].find(isDropped);
  }

  #checkDropped(by: SimulatedProcess, key: string): void {
    const origin = this.#origins.get(key);
    if (origin === undefined || origin.step <= this.#readStep(by)) {
      throw new Violation("lost", `${by.label} dropped ${key}`);
    }
    if (origin.inWindow) return;
    if (isOurs(origin.by.actor.member) || !this.#isUnseen(by, origin.step)) {
      throw new Violation("lost", `${by.label} dropped ${origin.by.label}'s ${key}, stored after it had read`);
    }
    this.#count("peerWroteWithoutLock");
  }

  #added(by: SimulatedProcess, key: string, inWindow: boolean): void {
    if (key === this.#intents.get(by)?.adds) {
      this.#origins.set(key, { step: this.#machine.step, by, inWindow });
      this.#everStored.add(key);
      return;
    }
    const readAt = this.#readStep(by);
    const wasDroppedUnseen = (this.#droppedInWindow.get(key) ?? -1) > readAt;
    if (!inWindow && !this.#isIncomplete && !wasDroppedUnseen && this.#peerWroteAt < readAt) {
      throw new Violation("back", `${by.label} brought ${key} back`);
    }
  }

  #checkRenewal(by: SimulatedProcess, now: Entities, inWindow: boolean): void {
    const before = this.#stored.get(SHARED);
    const after = now.get(SHARED);
    if (this.#intents.get(by)?.adds === SHARED) this.#everStored.add(SHARED);
    if (inWindow || before === undefined || after === undefined) return;
    if (!WHOLE_TIME.test(before.cached_at)) {
      this.#count("garbledByPeers");
      return;
    }
    if (Number(after.cached_at) < Number(before.cached_at)) {
      throw new Violation("lost", `${by.label} put an older token in the place of a newer one`);
    }
  }

  /** Peers empty the file before they write: what is missing then is dropped only if it is missing in the end. */
  #writtenByPeer(by: SimulatedProcess, now: Entities, content: Uint8Array | undefined): void {
    this.#isIncomplete = content === undefined || isBlank(content) || decode(content) === undefined;
    if (!this.#isIncomplete) {
      for (const key of this.#lastWhole.keys()) if (!now.has(key)) this.#count("droppedByPeer");
      this.#lastWhole = now;
    }
    for (const key of now.keys()) {
      if (!this.#stored.has(key)) this.#origins.set(key, { step: this.#machine.step, by, inWindow: false });
      this.#everStored.add(key);
    }
    this.#peerWroteAt = this.#machine.step;
    this.#durable = new Set();
    this.#stored = now;
  }
}
