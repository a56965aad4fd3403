// npm run demo [-- --json] Eight processes with real msal-node applications, on Node, Deno and Bun, share one cache;
// one holder of the lock is killed, the file is torn twice. First encrypted, by whatever works here, then a plain file.
// Ends with 1 when a token was lost.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encryption, isSound, liveProgress, summary, table } from "./report.ts";
import { run } from "./run.ts";
import { choose, plainFile } from "./store.ts";

const json = process.argv.includes("--json");
const folder = await mkdtemp(join(tmpdir(), "msal-extensions-demo-"));
// The kernel keyring has one key for each name of a file, and keeps it: so one for all runs.
const choice = await choose(join(folder, "msal-extensions-demo.cache"));
const progress = liveProgress(process.stderr);
for (const line of encryption(choice)) progress.event(line);
const encrypted = await run(choice, progress);
progress.event("the same once more, with a plain file, as the peers write it");
const plain = await run(plainFile(join(folder, "plain.json")), progress);
progress.end();
console.log(json ? JSON.stringify(summary(encrypted, plain)) : table(encrypted) + table(plain));
process.exitCode = isSound(encrypted) && isSound(plain) ? 0 : 1;
