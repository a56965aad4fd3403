import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { type Spread, spreadOf } from "../statistics.ts";
import type { Measured } from "./workload.ts";

/**
 * Does the same with each in turn, round after round, so that each meets the same load of the
 * machine; all times of each by name.
 */
export async function inTurn<T>(
  contenders: ReadonlyMap<string, T>,
  rounds: number,
  work: (contender: T, round: number) => Promise<readonly number[]>,
): Promise<Map<string, Spread>> {
  const times = new Map<string, number[]>([...contenders.keys()].map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, contender] of contenders) times.get(name)?.push(...(await work(contender, round)));
  }
  return new Map([...times].map(([name, all]) => [name, spreadOf(all)]));
}

/** Of a table: what each took, in milliseconds. */
export function column(name: string, times: ReadonlyMap<string, Spread>): Measured[] {
  return [...times].map(([row, value]) => ({ row, column: name, unit: "ms", value }));
}

/**
 * Waits until all that was written is on the disk. A contender that does not sync leaves that to the next one that
 * does: on ext4 an `fsync` writes what others have not synced, too.
 */
export function flushDisk(): void {
  spawnSync("sync", ["-f", tmpdir()]);
}

/** How many times as long as the other the one takes; NaN where one was not measured. */
export function quotient(one: Spread | undefined, other: Spread | undefined): number {
  return (one?.median ?? Number.NaN) / (other?.median ?? Number.NaN);
}
