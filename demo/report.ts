import type { Observer, RunReport } from "./run.ts";
import type { Choice } from "./store.ts";

/** One line that is written over and over on a terminal; plain lines elsewhere. */
export function liveProgress(stream: NodeJS.WriteStream): Observer & { end(): void } {
  let tenths = 0;
  const clear = () => {
    if (stream.isTTY) stream.write("\r\x1b[K");
  };
  return {
    progress(done, total) {
      const text = `${done} of ${total} tokens acquired`;
      if (done === 1) tenths = 0; // Another act.
      if (stream.isTTY) {
        const filled = Math.floor((done / total) * 30);
        stream.write(`\r\x1b[K[${"#".repeat(filled)}${"-".repeat(30 - filled)}] ${text}`);
      } else if (Math.floor((done / total) * 10) > tenths) {
        tenths = Math.floor((done / total) * 10);
        stream.write(`${text}\n`);
      }
    },
    event(text) {
      clear();
      stream.write(`! ${text}\n`);
    },
    end: clear,
  };
}

/** What keeps the cache, and what does not. */
export function encryption({ store, description, refused }: Choice): string[] {
  return [`encrypted: ${description} (${store})`, ...refused.map((reason) => `not used: ${reason}`)];
}

/** Nothing was lost, nothing failed, and nobody can read what should be encrypted. */
export function isSound(report: RunReport): boolean {
  const { lost, failures, refusedRefreshTokens, choice, readable } = report;
  const exposed = choice.order.encrypted ? readable.length : 0;
  return lost.length + failures.length + refusedRefreshTokens + exposed === 0;
}

type Counted = "expected" | "found" | "refusedRefreshTokens" | "issued" | "acquireCalls" | "ms";

/** Of both acts together; `acts` has each by itself. */
export function summary(encrypted: RunReport, plain: RunReport): object {
  const both = [encrypted, plain];
  const total = (field: Counted) => both.reduce((sum, report) => sum + report[field], 0);
  const workersOf = (act: string, report: RunReport) => report.workers.map((worker) => ({ act, ...worker }));
  const lostTokens = both.flatMap(({ lost }) => lost);
  return {
    expected: total("expected"),
    found: total("found"),
    lost: lostTokens.length,
    lostTokens,
    failures: both.flatMap(({ failures }) => failures),
    refusedRefreshTokens: total("refusedRefreshTokens"),
    recoveredLocks: both.reduce((sum, report) => sum + count(report, "takeOvers"), 0),
    salvaged: both.reduce((sum, report) => sum + count(report, "salvaged"), 0),
    setAside: both.flatMap(({ setAside }) => setAside),
    longestWaitMs: Math.max(...both.map(longestWait)),
    issued: total("issued"),
    acquireCalls: total("acquireCalls"),
    ms: total("ms"),
    encryption: {
      store: encrypted.choice.store,
      description: encrypted.choice.description,
      refused: encrypted.choice.refused,
      readableFiles: encrypted.readable,
    },
    acts: { encrypted: act(encrypted), plain: act(plain) },
    workers: [...workersOf("encrypted", encrypted), ...workersOf("plain", plain)],
  };
}

function act(report: RunReport): object {
  const { choice, expected, found, lost, setAside, ms } = report;
  return {
    ...{ store: choice.store, expected, found, lost: lost.length, setAside: setAside.length, ms },
    recoveredLocks: count(report, "takeOvers"),
    salvaged: count(report, "salvaged"),
  };
}

export function table(report: RunReport): string {
  const { order } = report.choice;
  const kind = order.encrypted ? "encrypted" : "plain";
  const lines = [
    "",
    `Eight processes on Node, Deno and Bun, one ${kind} cache, ${(report.ms / 1000).toFixed(1)} s   ${order.cache}`,
    ...(order.encrypted ? encryption(report.choice) : []),
    "",
    ...columns([
      ["worker", "on", "tokens", "loads", "commits", "writes", "longest wait"],
      ...report.workers.map(({ name, runtime, acquired, statistics: s }) => [
        name,
        runtime,
        `${acquired}`,
        `${s.loads}`,
        `${s.commits}`,
        `${s.writes}`,
        `${Math.round(s.longestWaitMs)} ms`,
      ]),
    ]),
    "",
    ...columns([
      ["tokens issued", `${report.issued}`],
      ["valid at the end, expected", `${report.expected}`],
      ["found in the cache", `${report.found}`],
      ["lost", `${report.lost.length}`],
      ["refused refresh tokens", `${report.refusedRefreshTokens}`],
      ["failed calls", `${report.failures.length}`],
      ["files that can be read without a key", `${report.readable.length}`],
      ["longest wait for the lock", `${Math.round(longestWait(report))} ms`],
    ]),
    ...report.lost.map((name) => `  lost: ${name}`),
    ...report.failures.slice(0, 20).map((what) => `  failed: ${what}`),
    "",
    `Killed holder (process ${report.disturbances.killedHolder}, bun): its lock was taken over, ${count(report, "takeOvers")} time(s).`,
    ...repairs(report),
  ];
  return lines.join("\n");
}

function repairs(report: RunReport): string[] {
  const { tail, cut } = report.disturbances;
  if (!tail || !cut) return ["Items of a secret store cannot be torn.", ""];
  const how = report.choice.order.encrypted
    ? "nothing of them can be read, so they were set aside whole"
    : `salvaged ${count(report, "salvaged")} time(s)`;
  return [
    `Garbage behind the content (${tail.after - tail.before} bytes) and a file cut short (${cut.before} to ${cut.after} bytes): ${how},`,
    "then what was missing was put back by the processes that remembered it.",
    `The damaged originals: ${report.setAside.join(", ") || "none was kept"}`,
    "",
  ];
}

function count(report: RunReport, statistic: "takeOvers" | "salvaged"): number {
  return report.workers.reduce((total, one) => total + one.statistics[statistic], 0);
}

function longestWait(report: RunReport): number {
  return Math.max(0, ...report.workers.map(({ statistics }) => statistics.longestWaitMs));
}

/** First column left, the others right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "),
  );
}
