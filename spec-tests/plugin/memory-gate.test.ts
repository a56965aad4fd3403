import { describe, expect, it } from "vitest";
import { MemoryGate } from "../../hosts/shared/plugin/memory-gate.ts";
import { macrotask } from "./fixtures.ts";

const nothing = () => {};

/** What has happened by the end of this turn: microtasks run before, macrotasks after. */
async function endOfTurn(): Promise<void> {
  for (let hops = 0; hops < 100; hops += 1) await undefined;
}

describe("the gate of a memory", () => {
  it("lets readers in at once where nobody is inside alone", async () => {
    const gate = new MemoryGate();
    const inside: number[] = [];
    for (const reader of [1, 2, 3]) void gate.enter(() => inside.push(reader));
    await endOfTurn();
    expect(inside).toEqual([1, 2, 3]);
  });

  it("lets a writer in when the sections of the readers before it have run, and whoever comes then after it", async () => {
    const gate = new MemoryGate();
    const events: string[] = [];
    const reading = gate.enter(() => events.push("reader in")).then(endOfTurn);
    const read = reading.then(() => events.push("reader done"));
    const written = gate.enterAlone(() => events.push("writer in"));
    const later = gate.enter(() => events.push("later reader in"));
    await Promise.all([read, written]);
    await macrotask();
    expect(events).toEqual(["reader in", "reader done", "writer in"]);
    gate.leave();
    await later;
    expect(events.at(-1)).toBe("later reader in");
  });

  it("lets the event loop turn although somebody reads in a loop", async () => {
    const gate = new MemoryGate();
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    let reads = 0;
    while (!turned && reads < 10_000) {
      await gate.enter(nothing);
      reads += 1;
    }
    expect(turned).toBe(true);
    expect(reads).toBeGreaterThan(1);
  });

  it("holds nothing after a task that failed", async () => {
    const gate = new MemoryGate();
    const failing = () => {
      throw new Error("of the task");
    };
    await expect(gate.enter(failing)).rejects.toThrow("of the task");
    await expect(gate.enterAlone(failing)).rejects.toThrow("of the task");
    await gate.enterAlone(nothing);
  });
});
