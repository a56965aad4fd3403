// npm run demo [-- --json]
// Eight processes with real msal-node applications, on Node, Deno and Bun, share one cache file; one holder of the lock is killed, the file is torn
// twice. Ends with 1 when a token was lost.
import { liveProgress, summary, table } from "./report.ts";
import { run } from "./run.ts";

const json = process.argv.includes("--json");
const progress = liveProgress(process.stderr);
const report = await run(progress);
progress.end();
console.log(json ? JSON.stringify(summary(report)) : table(report));
process.exitCode = report.lost.length + report.failures.length + report.refusedRefreshTokens === 0 ? 0 : 1;
