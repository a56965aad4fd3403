import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Crowd, type CrowdReport, isOurs, type Loss, runCrowd, UncertainOrder, type WriterName } from "./crowd.ts";
import { buildFamily, isThere, PEER_NAMES, type PeerName } from "./family.ts";
import { canTrace } from "./file-trace.ts";

const TOKENS = 15;
const runs = (few: number) => Array.from({ length: process.env.SOAK === "1" ? 20 : few }, (_, run) => run + 1);

if (!canTrace()) console.warn("strace is not installed: who drops what cannot be told");
beforeAll(buildFamily, 300_000);

/** Peers that read again under the lock; each crowd has one lock in which all of it meet. */
const CAREFUL: ReadonlyArray<readonly PeerName[]> = [["python", "python+portalocker"], ["java"]];

describe.each(CAREFUL.map((peers) => ({ peers })))("$peers beside our three hosts on one file", ({ peers }) => {
  it.runIf(peers.every(isThere)).each(runs(2))("run %i: nothing is lost", { timeout: 60_000 }, async () => {
    const { written, missed, losses } = await runCrowd({ peers, tokens: TOKENS });
    expect(missed).toEqual([]);
    expect(written).toBe((3 + peers.length) * TOKENS);
    expect(losses).toEqual([]);
  });
});

/**
 * Peers that do not read again, or that may pass each other: one that has waited for 5 or 6 s
 * goes on with half of the lock.
 */
const MIXED: ReadonlyArray<Omit<Crowd, "tokens">> = [
  { peers: ["go"] },
  { peers: ["node"] },
  { peers: ["python", "python+portalocker", "java"], pythonLocksFolder: true },
  { peers: PEER_NAMES },
];

describe.each(MIXED)("$peers beside our three hosts on one file, traced", ({ peers, ...crowd }) => {
  const reports: CrowdReport[] = [];
  afterAll(() => printTable(peers, reports));

  it.runIf(peers.every(isThere) && canTrace()).each(runs(1))(
    "run %i: what is lost, others have dropped",
    { timeout: 60_000 },
    async () => {
      const report = await runTraced({ ...crowd, peers, tokens: TOKENS });
      reports.push(report);
      expect(report.missed.filter((what) => what.startsWith("our "))).toEqual([]);
      expect(report.losses.filter(({ drop }) => drop === undefined)).toEqual([]);
      expect(report.losses.filter(isPerhapsOurs)).toEqual([]);
    },
  );
});

/** Once more where nobody can be blamed: once in 80 runs on an overloaded machine. */
async function runTraced(crowd: Crowd): Promise<CrowdReport> {
  try {
    return await runCrowd({ ...crowd, isTraced: true });
  } catch (error) {
    if (!(error instanceof UncertainOrder)) throw error;
    return runCrowd({ ...crowd, isTraced: true });
  }
}

/** A peer that removes our lock file, or that writes while we hold it, leaves us nothing to go by. */
function isPerhapsOurs({ drop }: Loss): boolean {
  return drop!.some(({ writer, excuse }) => isOurs(writer) && (excuse === undefined || isOurs(excuse.writer)));
}

const nameOf = (writer: WriterName) => (isOurs(writer) ? "ours" : writer);

function count(things: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const thing of things) counts.set(thing, (counts.get(thing) ?? 0) + 1);
  return [...counts].map(([thing, number]) => `${number} ${thing}`).join(", ");
}

/** For docs/family.md. */
function printTable(peers: readonly PeerName[], reports: readonly CrowdReport[]): void {
  const losses = reports.flatMap((report) => report.losses);
  const written = reports.reduce((sum, report) => sum + report.written, 0);
  const rows = ["ours", ...peers].map((name) => {
    const dropped = losses.filter(({ drop }) => nameOf(drop![0]!.writer) === name);
    const excuses = dropped.flatMap(({ drop }) => drop![0]!.excuse ?? []);
    const why = name === "ours" ? count(excuses.map(({ writer, did }) => `after ${writer} ${did}`)) : "";
    return `| ${name} | ${dropped.length} | ${count(dropped.map(({ of }) => `of ${nameOf(of)}`))} ${why} |`;
  });
  console.log(
    `${reports.length} runs, ${losses.length} of ${written} lost\n| who | dropped | whose |\n${rows.join("\n")}`,
  );
}
