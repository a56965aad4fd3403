import { type Files, hasCode, quietly, unlessGone } from "../files/file-system.ts";
import { makeFolder } from "../files/make-folder.ts";
import { randomName } from "../runtime/random-name.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { waitUntilGone } from "./waiting.ts";

/** Whose turn has not come by then is passed over: it may have been stopped. */
const KEEPS_PLACE_MS = 10_000;
/** A ticket this old was left behind by somebody who was killed. */
const STALE_MS = 60_000;
/**
 * Of a long line only so many watch the one ahead of them, the others sleep: to watch takes
 * more of a processor than to sleep.
 */
const WATCHERS = 6;
/** At least so often one who waits looks at the line, and after it at the lock. */
const LOOK_MS = 50;
/** In a long line, whose members would only disturb, a pause may be so many times as long as the core allows. */
const FAR_PAUSES = 10;
/** How much of the time that the places ahead should take is slept through. */
const SLEPT_THROUGH = 0.7;
const TICKET = /^(\d{13})\.(\d+)\.[0-9a-f]{12}$/;

interface Ticket {
  readonly name: string;
  readonly pid: number;
}

/**
 * Those who wait for a lock, in the order of their arrival. Each has a ticket in a folder beside the lock file: an
 * empty file whose name says since when. Each watches the ticket before its own, and the first one watches the lock: a
 * release wakes one process. Without the line the fastest had the lock: of 64 processes, which took 6 s for five
 * commits each, the unluckiest had its first turn after 5.4 s, and now after 2.8.
 *
 * The line decides nothing: the protocol says whose the lock is. Peers, embeddings, and newcomers who find it free,
 * know nothing of the line. When the first one does not come, the next one looks at the lock after 50 ms all the same.
 * Where there can be no line, nobody is ahead.
 */
export class WaitingLine {
  readonly #files: Files;
  readonly #runtime: Runtime;
  readonly #folder: string;
  #own: string | undefined;
  #hasLooked = false;
  /** How long those ahead have taken, each. */
  #placeMs = 1;

  constructor(files: Files, runtime: Runtime, lockPath: string) {
    this.#files = files;
    this.#runtime = runtime;
    this.#folder = `${lockPath}.line`;
  }

  /**
   * `true`: nobody is ahead (any more). `false`: it is time to look at the lock all the same. `ms`:
   * the pause that the core allows.
   */
  async reachesFront(ms: number): Promise<boolean> {
    const { clock, fs } = this.#runtime;
    const began = clock.now();
    let looked: { at: number; places: number } | undefined;
    for (;;) {
      const ahead = await this.#ahead();
      const next = ahead.at(-1);
      if (next === undefined) return true;
      const now = clock.now();
      if (looked && ahead.length < looked.places) this.#placeMs = (now - looked.at) / (looked.places - ahead.length);
      looked = { at: now, places: ahead.length };
      const isFar = ahead.length > WATCHERS;
      const leftMs = began + Math.max(LOOK_MS, isFar ? ms * FAR_PAUSES : 0) - now;
      if (leftMs <= 0 || leftMs > LOOK_MS * FAR_PAUSES) return false; // or the clock was set back
      if (isFar) await clock.sleep(Math.min(leftMs, this.#sleepMs(ahead.length)));
      else await waitUntilGone(fs, this.#pathOf(next), leftMs);
    }
  }

  /** It has been one's turn, or one gives up. */
  async leave(): Promise<void> {
    const own = this.#own;
    this.#own = undefined;
    this.#hasLooked = false;
    if (own === undefined) return;
    await quietly(this.#files.unlink(this.#pathOf(own)));
    await quietly(this.#files.removeFolder(this.#folder)); // by the last one
  }

  #sleepMs(places: number): number {
    return Math.max(1, (places - WATCHERS) * this.#placeMs * SLEPT_THROUGH);
  }

  /**
   * The tickets of those who were here before, the first one's first. Who finds no line at its first look draws
   * no ticket: it may not take long.
   */
  async #ahead(): Promise<string[]> {
    try {
      const tickets = await this.#tickets();
      if (!this.#hasLooked && tickets.length === 0) {
        this.#hasLooked = true;
        return [];
      }
      this.#own ??= await this.#draw();
      const own = this.#own;
      const ahead = tickets.filter(({ name }) => name < own);
      while (ahead[0] !== undefined && this.#isGone(ahead[0])) ahead.shift();
      return ahead.map(({ name }) => name);
    } catch {
      return []; // as though there were no line
    }
  }

  async #tickets(): Promise<Ticket[]> {
    const names = (await unlessGone(this.#files.readdir(this.#folder))) ?? [];
    const now = this.#runtime.clock.now();
    const tickets: Ticket[] = [];
    for (const name of names.sort()) {
      const [, since, pid] = TICKET.exec(name) ?? [];
      if (since === undefined) continue;
      const ageMs = Math.abs(now - Number(since));
      if (ageMs > STALE_MS) await quietly(this.#files.unlink(this.#pathOf(name)));
      else if (ageMs <= KEEPS_PLACE_MS) tickets.push({ name, pid: Number(pid) });
    }
    return tickets;
  }

  async #draw(): Promise<string> {
    const { clock, pid } = this.#runtime;
    const name = `${String(clock.now()).padStart(13, "0")}.${pid}.${randomName(clock)}`;
    const create = async () => this.#files.close(await this.#files.open(this.#pathOf(name), "wx", 0o600));
    try {
      await create();
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
      await makeFolder(this.#files, this.#runtime, this.#folder);
      await create().catch(async (refusal) => {
        await quietly(this.#files.removeFolder(this.#folder)); // nobody else will: nobody stands in it
        throw refusal;
      });
    }
    return name;
  }

  #pathOf(name: string): string {
    return this.#runtime.paths.join(this.#folder, name);
  }

  /** Of another container's process this cannot be told, so each container has its own first one. */
  #isGone({ pid }: Ticket): boolean {
    try {
      this.#runtime.signalProcess(pid);
      return false;
    } catch (error) {
      return hasCode(error, "ESRCH");
    }
  }
}
