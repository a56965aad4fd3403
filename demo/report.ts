import type { Observer, RunReport, WorkerReport } from "./run.ts";

/** One line that is written over and over on a terminal; plain lines elsewhere. */
export function liveProgress(stream: NodeJS.WriteStream): Observer & { end(): void } {
  let tenths = 0;
  const clear = () => {
    if (stream.isTTY) stream.write("\r\x1b[K");
  };
  return {
    progress(done, total) {
      const text = `${done} of ${total} tokens acquired`;
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

function sum(report: RunReport, pick: (worker: WorkerReport) => number): number {
  return report.workers.reduce((total, one) => total + pick(one), 0);
}

export function summary(report: RunReport): object {
  return {
    expected: report.expected,
    found: report.found,
    lost: report.lost.length,
    lostTokens: report.lost,
    failures: report.failures,
    refusedRefreshTokens: report.refusedRefreshTokens,
    recoveredLocks: sum(report, (one) => one.statistics.takeOvers),
    salvaged: sum(report, (one) => one.statistics.salvaged),
    setAside: report.setAside,
    longestWaitMs: longestWait(report),
    issued: report.issued,
    acquireCalls: report.acquireCalls,
    ms: report.ms,
    workers: report.workers,
  };
}

export function table(report: RunReport): string {
  const lines = [
    "",
    `Eight processes on Node, Deno and Bun, one cache file, ${(report.ms / 1000).toFixed(1)} s   ${report.cache}`,
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
      ["found in the file", `${report.found}`],
      ["lost", `${report.lost.length}`],
      ["refused refresh tokens", `${report.refusedRefreshTokens}`],
      ["failed calls", `${report.failures.length}`],
      ["longest wait for the lock", `${Math.round(longestWait(report))} ms`],
    ]),
    ...report.lost.map((name) => `  lost: ${name}`),
    ...report.failures.slice(0, 20).map((what) => `  failed: ${what}`),
    "",
    `Killed holder (process ${report.disturbances.killedHolder}, bun): its lock was taken over, ${sum(report, (one) => one.statistics.takeOvers)} time(s).`,
    `Garbage after the document (${report.disturbances.tail.after - report.disturbances.tail.before} bytes) and a file cut short ` +
      `(${report.disturbances.cut.before} to ${report.disturbances.cut.after} bytes): salvaged ${sum(report, (one) => one.statistics.salvaged)} time(s), ` +
      "then put back by the processes that remembered the rest.",
    `The damaged originals: ${report.setAside.join(", ") || "none was kept"}`,
    "",
  ];
  return lines.join("\n");
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
