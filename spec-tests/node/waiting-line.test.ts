import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import { Files } from "../../hosts/shared/files/file-system.ts";
import { WaitingLine } from "../../hosts/shared/lock/waiting-line.ts";
import type { Runtime } from "../../hosts/shared/runtime/runtime.ts";
import { tryAcquire } from "./acquire.ts";
import { failing, names, nextTurn, temporaryFolder } from "./fixtures.ts";
import { createLock } from "./replaced-runtime.ts";

const PAUSE_MS = 2;
const USER = 4711;
const ALIVE = process.pid;
const DEAD = spawnSync("true").pid;

class Place {
  readonly folder = temporaryFolder();
  readonly lock = join(this.folder, "cache.lockfile");
  readonly tickets = join(this.folder, "cache.lockfile.line");
  #lastMs = 0;
  /** No two come at the same time: within a millisecond chance decides who was first. */
  readonly #clock = {
    ...nodeHost.runtime.clock,
    now: () => {
      this.#lastMs = Math.max(Date.now(), this.#lastMs + 1);
      return this.#lastMs;
    },
  };

  line(replaced: Partial<Runtime> = {}): WaitingLine {
    const runtime = { ...nodeHost.runtime, clock: this.#clock, ...replaced };
    return new WaitingLine(new Files(runtime.fs), runtime, this.lock);
  }

  /** One that has a ticket: it has looked a second time. */
  async queued(): Promise<WaitingLine> {
    const line = this.line();
    const count = () => (existsSync(this.tickets) ? names(this.tickets).length : 0);
    const before = count();
    const turn = whenFirst(line);
    while (count() === before) {
      await nextTurn();
      if (await isSettled(turn)) await line.reachesFront(PAUSE_MS);
    }
    return line;
  }

  /** A ticket of this process, drawn so long ago. */
  ticket(pid: number, agoMs: number, number = 0): string {
    mkdirSync(this.tickets, { recursive: true });
    const name = `${Date.now() - agoMs}.${pid}.${String(number).padStart(12, "0")}`;
    writeFileSync(join(this.tickets, name), "");
    return name;
  }
}

async function whenFirst(line: WaitingLine): Promise<void> {
  while (!(await line.reachesFront(PAUSE_MS)));
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const not = {};
  return (await Promise.race([promise, nextTurn().then(() => not)])) !== not;
}

describe("a line of those who wait for a lock", () => {
  it("is none while one waits who has just come", async () => {
    const place = new Place();
    expect(await place.line().reachesFront(PAUSE_MS)).toBe(true);
    expect(names(place.folder)).toEqual([]);
  });

  it("is none where there is room for its folder and not for a ticket", async () => {
    const place = new Place();
    const fs = failing("open", "ENOSPC", 3); // the ticket, the folder, the ticket
    const line = place.line({ fs });
    await line.reachesFront(PAUSE_MS);
    expect(await line.reachesFront(PAUSE_MS)).toBe(true);
    expect(fs.calls).toBe(3);
    expect(names(place.folder)).toEqual([]);
  });

  it("lets come first who came first", async () => {
    const place = new Place();
    const first = await place.queued();
    const second = await place.queued();
    const third = await place.queued();
    expect(names(place.tickets)).toHaveLength(3);
    const order: string[] = [];
    const turns = [second, third].map(async (line, index) => {
      await whenFirst(line);
      order.push(`${index + 2}`);
    });
    for (let looks = 0; looks < 3; looks += 1) expect(await second.reachesFront(PAUSE_MS)).toBe(false);
    expect(order).toEqual([]);
    await first.leave();
    await turns[0];
    expect(order).toEqual(["2"]);
    expect(await third.reachesFront(PAUSE_MS)).toBe(false);
    await second.leave();
    await turns[1];
    await third.leave();
    expect(names(place.folder)).toEqual([]);
  });

  it("has those join at once who find one", async () => {
    const place = new Place();
    place.ticket(ALIVE, 100);
    expect(await place.line().reachesFront(PAUSE_MS)).toBe(false);
    expect(names(place.tickets)).toHaveLength(2);
  });

  it("does not wait for those who have ended", async () => {
    const place = new Place();
    for (let number = 0; number < 3; number += 1) place.ticket(DEAD, 100, number);
    expect(await place.line().reachesFront(PAUSE_MS)).toBe(true);
  });

  it("waits for those whom it may not ask whether they live", async () => {
    const place = new Place();
    place.ticket(DEAD, 100);
    const signalProcess = () => {
      throw new Error("requires run access");
    };
    expect(await place.line({ signalProcess }).reachesFront(PAUSE_MS)).toBe(false);
  });

  it("passes over who has not come for 10 s, and removes what has lain there for a minute", async () => {
    const place = new Place();
    const late = place.ticket(ALIVE, 11_000);
    const fromTheFuture = place.ticket(ALIVE, -11_000);
    place.ticket(ALIVE, 61_000);
    writeFileSync(join(place.tickets, "somebody's"), "");
    const line = place.line();
    expect(await line.reachesFront(PAUSE_MS)).toBe(true); // finds nobody, so draws no ticket yet
    expect(await line.reachesFront(PAUSE_MS)).toBe(true);
    expect(names(place.tickets)).toHaveLength(4);
    expect(names(place.tickets)).toEqual(expect.arrayContaining([late, fromTheFuture, "somebody's"]));
    await line.leave();
    expect(names(place.tickets)).toEqual([late, fromTheFuture, "somebody's"].sort());
  });

  it("is done without where its folder can be neither read nor made", async () => {
    const place = new Place();
    for (const call of ["readdir", "mkdir"] as const) {
      const fs = failing(call, "EACCES", 0);
      const line = place.line({ fs });
      for (let looks = 0; looks < 2; looks += 1) expect(await line.reachesFront(PAUSE_MS)).toBe(true);
      expect(fs.calls).toBeGreaterThan(0);
      await line.leave();
    }
    expect(names(place.folder)).toEqual([]);
  });

  it("has a folder made again that the last one has removed meanwhile", async () => {
    const place = new Place();
    await (await place.queued()).leave();
    expect(existsSync(place.tickets)).toBe(false);
    await place.queued();
    expect(existsSync(place.tickets)).toBe(true);
  });

  it.runIf(process.getuid?.() === 0)("belongs to the owner of the folder where root begins it", async () => {
    const place = new Place();
    chownSync(place.folder, USER, USER);
    await place.queued();
    expect(statSync(place.tickets)).toMatchObject({ uid: USER, gid: USER });
  });
});

describe("in a long line", () => {
  /** Sleeps end at once, and `onSleep` is what happens meanwhile. */
  function sleeper(onSleep: () => void) {
    let sleptMs = 0;
    const slept: number[] = [];
    const sleep = async (ms: number) => {
      slept.push(ms);
      sleptMs += ms;
      onSleep();
    };
    return { slept, clock: { ...nodeHost.runtime.clock, now: () => Date.now() + sleptMs, sleep } };
  }

  it("those at its end sleep, longer the longer each of those before them takes, and the others watch", async () => {
    const place = new Place();
    const tickets = Array.from({ length: 12 }, (_, number) => place.ticket(ALIVE, 100, number));
    const { slept, clock } = sleeper(() => unlinkSync(join(place.tickets, tickets.shift()!)));
    const watched: string[] = [];
    const fs: Runtime["fs"] = {
      ...nodeHost.runtime.fs,
      watch(path, ...others) {
        watched.push(path);
        return nodeHost.runtime.fs.watch(path, ...others);
      },
    };
    const line = place.line({ clock, fs });
    while (tickets.length > 6) await line.reachesFront(50);
    const [first, second] = slept as [number, number];
    expect(first).toBeCloseTo(6 * 0.7); // before it has seen anybody's turn: 1 ms each
    expect(second).toBeGreaterThan(5 * first * 0.7 - 0.001);
    expect(watched).toEqual([]);
    await line.reachesFront(50);
    expect(watched[0]).toBe(join(place.tickets, tickets.at(-1)!));
  });

  it("everybody looks at the lock after ten times the core's pause, or 50 ms", async () => {
    const place = new Place();
    for (let number = 0; number < 12; number += 1) place.ticket(ALIVE, 100, number);
    for (const [pauseMs, limitMs] of [
      [1, 50],
      [20, 200],
    ] as const) {
      let now = Date.now();
      const began = now;
      const sleep = async (ms: number) => {
        now += ms;
      };
      const line = place.line({ clock: { ...nodeHost.runtime.clock, now: () => now, sleep } });
      expect(await line.reachesFront(pauseMs)).toBe(false);
      expect(now - began).toBeCloseTo(limitMs);
      await line.leave();
    }
  });

  it("a clock that is set back makes nobody wait for ever", async () => {
    const place = new Place();
    for (let number = 0; number < 12; number += 1) place.ticket(ALIVE, 100, number);
    let now = Date.now();
    const sleep = async () => {
      now -= 5000;
    };
    const line = place.line({ clock: { ...nodeHost.runtime.clock, now: () => now, sleep } });
    expect(await line.reachesFront(PAUSE_MS)).toBe(false);
  });
});

describe("a lock with a line", () => {
  it("leaves no ticket behind whatever becomes of the waiting", async () => {
    const place = new Place();
    const holder = createLock(place.lock);
    await tryAcquire(holder);
    const obtains = createLock(place.lock);
    const givesUp = createLock(place.lock);
    for (const lock of [obtains, givesUp]) {
      for (let rounds = 0; rounds < 3; rounds += 1) {
        expect(await tryAcquire(lock)).toBeUndefined();
        await lock.wait(PAUSE_MS);
      }
    }
    expect(names(place.tickets)).toHaveLength(2);
    await holder.release();
    expect(await tryAcquire(obtains)).toBe("created");
    expect(names(place.tickets)).toHaveLength(1);
    await givesUp.release();
    await obtains.release();
    expect(names(place.folder)).toEqual([]);
  });

  it("is taken by the second one where the first in line does not come", async () => {
    const place = new Place();
    const holder = createLock(place.lock);
    await tryAcquire(holder);
    place.ticket(ALIVE, 100); // who has been stopped
    const second = createLock(place.lock);
    expect(await tryAcquire(second)).toBeUndefined();
    await second.wait(PAUSE_MS);
    await holder.release();
    await second.wait(PAUSE_MS);
    expect(await tryAcquire(second)).toBe("created");
    await second.release();
  });
});
